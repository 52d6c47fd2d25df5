/** What we send from microphone, camera and screen, as values that do not change. */
import type { HeliographError, MediaSource, Room, SentMedia, StartOptions } from "../index.js";
import { toError } from "./failure.js";
import { perRoom } from "./per-room.js";
import { Store } from "./store.js";

export interface MediaView {
  /** What we send now. */
  readonly sending: ReadonlyMap<MediaSource, SentMedia>;
  /** Microphones, cameras and loudspeakers; empty until something was started. */
  readonly devices: readonly MediaDeviceInfo[];
  /** Why the last `start` or `use` has opened nothing. */
  readonly error: HeliographError | null;
}

export const NO_MEDIA: MediaView = { sending: new Map(), devices: [], error: null };

export class OwnMedia {
  readonly store: Store<MediaView>;
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
    this.store = new Store<MediaView>({ ...NO_MEDIA, sending: new Map(room.media.sending) }, () =>
      this.#listen(),
    );
  }

  start(source: MediaSource, options?: StartOptions): Promise<MediaStreamTrack> {
    return this.#opened(this.#room.media.start(source, options));
  }

  use(source: "microphone" | "camera", deviceId: string): Promise<MediaStreamTrack> {
    return this.#opened(this.#room.media.use(source, deviceId));
  }

  #listen(): void {
    this.#sendingChanged();
    this.#room.on("sending", () => this.#sendingChanged());
    this.#room.on("devices", ({ devices }) => this.#change({ devices }));
  }

  async #opened(opening: Promise<MediaStreamTrack>): Promise<MediaStreamTrack> {
    this.#change({ error: null });
    try {
      const track = await opening;
      this.#sendingChanged();
      void this.#findDevices();
      return track;
    } catch (error) {
      this.#change({ error: toError(error) });
      throw error;
    }
  }

  /** With the permission that `start` has got they have names. */
  async #findDevices(): Promise<void> {
    try {
      this.#change({ devices: await this.#room.media.devices() });
    } catch {
      // A browser that shows none: there is nothing to choose from.
    }
  }

  #sendingChanged(): void {
    this.#change({ sending: new Map(this.#room.media.sending) });
  }

  #change(change: Partial<MediaView>): void {
    this.store.update((view) => ({ ...view, ...change }));
  }
}

export const mediaOf = perRoom((room) => new OwnMedia(room));
