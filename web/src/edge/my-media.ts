/**
 * What we send in a call. Microphone and camera are asked for at once, because a browser then asks the
 * person once; the SDK opens one at a time. So the tracks of the start are ours, and we stop them.
 */
import type { ErrorCode, MediaSource, Room } from "@heliograph/client";
import { codeOf } from "./sdk-values.js";

/** What a call needs of the browser. */
export interface CallWorld {
  /** Opens microphone and camera, with one question to the person. */
  openBoth(): Promise<MediaStream>;
  /** The person has forbidden this page the camera before: they were not asked now. */
  isCameraForbidden(): Promise<boolean>;
  /** This browser can share the screen. */
  readonly canShare: boolean;
}

type Tell = (source: MediaSource, code: ErrorCode) => void;

const ALL: readonly MediaSource[] = ["microphone", "camera", "screen", "screen-audio"];

/** What we send. Its promises resolve with why it did not work, and never reject. */
export class MyMedia {
  readonly #room: Room;
  readonly #world: CallWorld;
  /** Tracks that are ours to stop. */
  readonly #given = new Map<MediaSource, MediaStreamTrack>();
  /** What comes of an earlier one than the last is dropped. */
  #attempt = 0;

  constructor(room: Room, world: CallWorld) {
    this.#room = room;
    this.#world = world;
  }

  /** With `tell` comes what is missing though the call has begun. */
  async takePart(tell: Tell): Promise<ErrorCode | null> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isLate = (): boolean => attempt !== this.#attempt;
    try {
      const stream = await this.#world.openBoth();
      if (!isLate()) return await this.#give(stream);
      for (const track of stream.getTracks()) track.stop();
      return null;
    } catch (error) {
      const isDenied = error instanceof Error && error.name === "NotAllowedError";
      const isForbidden = isDenied && (await this.#world.isCameraForbidden());
      if (isLate()) return null;
      if (isDenied && !isForbidden) return "media_denied";
      return oneByOne((source) => this.start(source), isLate, tell);
    }
  }

  start(source: MediaSource, deviceId?: string): Promise<ErrorCode | null> {
    const audio = source === "screen";
    const options = { ...(audio && { audio }), ...(deviceId !== undefined && { deviceId }) };
    return codeFrom(this.#room.media.start(source, options));
  }

  /** Phones have one camera at a time: ours is given back before the second try. */
  async use(source: "microphone" | "camera", deviceId: string): Promise<ErrorCode | null> {
    const { media } = this.#room;
    const code = await codeFrom(media.use(source, deviceId));
    const track = this.#given.get(source);
    if (code !== "media_busy" || !track) return code;
    track.stop();
    const again = await codeFrom(media.use(source, deviceId));
    if (again) media.stop(source);
    return again;
  }

  /** The room sends another track from this source now, or none. */
  changed(source: MediaSource): void {
    const track = this.#given.get(source);
    if (!track || this.#room.media.sending.get(source)?.track === track) return;
    track.stop();
    this.#given.delete(source);
  }

  stopAll(): void {
    this.#attempt += 1;
    for (const source of ALL) this.#room.media.stop(source);
    for (const track of this.#given.values()) track.stop();
    this.#given.clear();
  }

  async #give(stream: MediaStream): Promise<ErrorCode | null> {
    const codes = stream.getTracks().map((track) => {
      const source = track.kind === "audio" ? "microphone" : "camera";
      this.#given.set(source, track);
      return codeFrom(this.#room.media.start(source, { track }));
    });
    const code = (await Promise.all(codes)).find((one) => one !== null) ?? null;
    if (code) this.stopAll();
    return code;
  }
}

/** There is no camera, or another program has it, or it is forbidden: the microphone is enough. */
async function oneByOne(
  start: (source: MediaSource) => Promise<ErrorCode | null>,
  isLate: () => boolean,
  tell: Tell,
): Promise<ErrorCode | null> {
  const heard = await start("microphone");
  if (isLate()) return null;
  const seen = await start("camera");
  if (isLate()) return null;
  if (heard && seen) return heard === "media_not_found" ? seen : heard;
  if (heard) tell("microphone", heard);
  if (seen && seen !== "media_not_found") tell("camera", seen);
  return null;
}

const codeFrom = (call: Promise<unknown>): Promise<ErrorCode | null> =>
  call.then(
    () => null,
    (error: unknown) => codeOf(error),
  );

/** The world of a page in a browser. */
export const browserCallWorld = (): CallWorld => ({
  openBoth: async () => navigator.mediaDevices.getUserMedia({ audio: true, video: true }),
  async isCameraForbidden() {
    try {
      const { state } = await navigator.permissions.query({ name: "camera" });
      return state === "denied";
    } catch {
      return false; // this browser does not say it
    }
  },
  canShare: navigator.mediaDevices !== undefined && "getDisplayMedia" in navigator.mediaDevices,
});
