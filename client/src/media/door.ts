/** Loads what sends microphone, camera and screen when somebody does so: many rooms never need it. */
import { withTimeout } from "../timing/backoff.js";
import { Lazy } from "../timing/lazy.js";
import type { Media, MediaSource, SentMedia, StartOptions } from "../types.js";
import type { Description } from "../wire/protocol.js";
import type { GivenTracks, MediaPeer, RoomMedia, RoomMediaPorts } from "./room-media.js";
import type { SlottedLink } from "./slots.js";

/** An answer waits so long for it. Without it media comes by a second negotiation. */
const LOAD_MS = 1_000;

export class MediaDoor implements Media {
  readonly sending = new Map<MediaSource, SentMedia>();
  readonly #media: Lazy<RoomMedia>;
  #closed = false;

  /** `given`: tracks that are sent from the start. */
  constructor(ports: RoomMediaPorts, given?: GivenTracks) {
    this.#media = new Lazy(async () => {
      const loaded = await import("./room-media.js");
      const media = new loaded.RoomMedia(this.sending, ports);
      if (given) media.give(given);
      if (this.#closed) media.close();
      return media;
    });
    if (given) this.#media.use(() => {});
  }

  async start(source: MediaSource, options: StartOptions = {}): Promise<MediaStreamTrack> {
    return (await this.#media.get()).start(source, options);
  }

  stop(source: MediaSource): void {
    this.#media.use((media) => media.stop(source));
  }

  mute(source: MediaSource, muted: boolean): void {
    this.#media.use((media) => media.mute(source, muted));
  }

  async use(source: "microphone" | "camera", deviceId: string): Promise<MediaStreamTrack> {
    return (await this.#media.get()).use(source, deviceId);
  }

  async devices(): Promise<readonly MediaDeviceInfo[]> {
    return (await this.#media.get()).devices();
  }

  /** Before we offer, or answer. Undefined if there is nothing to wait for. */
  prepare(peer: MediaPeer, offer: Description | null): Promise<unknown> | undefined {
    const { value, wanted } = this.#media;
    if (value) value.prepare(peer, offer);
    else if (wanted || offer?.slots) return this.#soon((media) => media.prepare(peer, offer));
    return undefined;
  }

  /** For a connection whose offer waits for whoever comes. */
  async park(): Promise<((link: SlottedLink) => void) | null> {
    if (!this.#media.wanted) return null;
    return this.#soon((media) => (link: SlottedLink) => media.park(link));
  }

  /** The channel of this peer is open. */
  opened(peer: MediaPeer): void {
    if (this.#media.wanted || peer.link.offered) this.#media.use((media) => media.opened(peer));
  }

  received(peer: MediaPeer, body: unknown): void {
    this.#media.use((media) => media.received(peer, body));
  }

  gone(peer: string): void {
    this.#media.value?.gone(peer);
  }

  close(): void {
    this.#closed = true;
    this.#media.value?.close();
  }

  #soon<T>(call: (media: RoomMedia) => T): Promise<T | null> {
    return withTimeout(LOAD_MS, this.#media.get().then(call)).catch(() => null);
  }
}
