/** `room.media` in memory: it sends what it is asked to, unless a test says why not. */
import {
  type ErrorCode,
  HeliographError,
  type Media,
  type MediaSource,
  type RoomEvents,
  type SentMedia,
  type StartOptions,
} from "@heliograph/client";

/** A track that says whether it has been stopped. */
export type MemoryTrack = MediaStreamTrack & { stopped: boolean };

export function track(kind: "audio" | "video", deviceId = "default"): MemoryTrack {
  const made = {
    ...{ kind, stopped: false, getSettings: () => ({ deviceId }) },
    stop() {
      made.stopped = true;
    },
  };
  return made as unknown as MemoryTrack;
}

export const streamOf = (...tracks: MediaStreamTrack[]): MediaStream =>
  ({ getTracks: () => tracks }) as unknown as MediaStream;

export class MemoryMedia implements Media {
  readonly sending = new Map<MediaSource, SentMedia>();
  /** What it was asked for, in order. */
  readonly calls: (readonly [name: string, ...given: unknown[]])[] = [];
  /** Why the next tries fail: one for each try. */
  readonly refusals = new Map<MediaSource, ErrorCode[]>();
  found: readonly MediaDeviceInfo[] = [];

  constructor(private readonly tell: (said: RoomEvents["sending"]) => void) {}

  async start(source: MediaSource, options: StartOptions = {}): Promise<MediaStreamTrack> {
    this.calls.push(["start", source, options]);
    return this.open(source, options.track, options.deviceId);
  }

  async use(source: "microphone" | "camera", deviceId: string): Promise<MediaStreamTrack> {
    this.calls.push(["use", source, deviceId]);
    return this.open(source, undefined, deviceId);
  }

  stop(source: MediaSource): void {
    this.calls.push(["stop", source]);
    if (!this.sending.delete(source)) return;
    this.tell({ source, track: null, muted: false });
  }

  mute(source: MediaSource, muted: boolean): void {
    this.calls.push(["mute", source, muted]);
    const sent = this.sending.get(source);
    if (sent) this.send(source, { ...sent, muted });
  }

  async devices(): Promise<readonly MediaDeviceInfo[]> {
    return this.found;
  }

  private open(source: MediaSource, given?: MediaStreamTrack, id?: string): MediaStreamTrack {
    const code = this.refusals.get(source)?.shift();
    if (code) throw new HeliographError(code, "");
    const kind = source === "microphone" || source === "screen-audio" ? "audio" : "video";
    const opened = given ?? track(kind, id);
    this.send(source, { track: opened, muted: false });
    return opened;
  }

  private send(source: MediaSource, sent: SentMedia): void {
    this.sending.set(source, sent);
    this.tell({ source, ...sent });
  }
}
