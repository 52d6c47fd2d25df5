/**
 * What we send to everyone, and what they send. One source is in one of these states:
 *
 *                start            track is there   stop           mute     its track ended
 *   off          opening          –                –              –        –
 *   opening      opening (anew)   on               off            –        –
 *   on           on, opening      on (this one)    off            muted    off
 *   muted        muted, opening   on¹              off            on       off
 *
 *   ¹ Muted, if another device was asked for (`use`).
 *
 * Who adds the slots (slots.ts) to a pair, so that two never do it at once: whoever makes the first
 * offer, and after that the impolite side. The polite one says what it sends (`media`), which is the
 * reason for the other one to add them.
 */
import { HeliographError } from "../errors.js";
import type {
  MediaSource,
  Peer,
  PeerMedia,
  RoomEvents,
  SentMedia,
  StartOptions,
} from "../types.js";
import type { Description, Envelope } from "../wire/protocol.js";
import { capture } from "./capture.js";
import { Received } from "./received.js";
import { addSlots, fillSlots, type SlottedLink, takeSlots } from "./slots.js";
import { isSource, kindOf } from "./sources.js";
import { parseState, stateOf } from "./state.js";

/** A peer, as far as media needs it. */
export interface MediaPeer extends Peer {
  readonly polite: boolean;
  readonly up: boolean;
  readonly link: SlottedLink;
  readonly media: Map<MediaSource, PeerMedia>;
  /** In the channel, now or not at all. */
  tell(envelope: Envelope): boolean;
}

export type GivenTracks = Partial<Record<MediaSource, MediaStreamTrack>>;

export interface RoomMediaPorts {
  peers(): ReadonlyMap<string, MediaPeer>;
  nextSeq(): number;
  emit<K extends "media" | "sending" | "devices" | "error">(event: K, value: RoomEvents[K]): void;
}

/** `isOurs`: we have opened it, so we stop it. */
type Sent = SentMedia & { readonly isOurs: boolean };

export class RoomMedia {
  readonly #ports: RoomMediaPorts;
  readonly #sending: Map<MediaSource, Sent>;
  readonly #received = new Map<string, Received>();
  /** Connections that have slots, also of offers that wait. */
  readonly #links = new Set<SlottedLink>();
  /** Which call for a source was the last. */
  readonly #turns = new Map<MediaSource, number>();
  #closed = false;

  /** `sending` is what the application reads. */
  constructor(sending: Map<MediaSource, SentMedia>, ports: RoomMediaPorts) {
    this.#sending = sending as Map<MediaSource, Sent>;
    this.#ports = ports;
    navigator.mediaDevices?.addEventListener("devicechange", this.#devicesChanged);
  }

  // What the application calls.

  async start(source: MediaSource, options: StartOptions): Promise<MediaStreamTrack> {
    if (!isSource(source)) throw new HeliographError("invalid_options", "There is no such source.");
    return this.#start(source, options, false);
  }

  async use(source: "microphone" | "camera", deviceId: string): Promise<MediaStreamTrack> {
    return this.#start(source, { deviceId }, this.#sending.get(source)?.muted ?? false);
  }

  stop(source: MediaSource): void {
    this.#nextTurn(source);
    this.#end(source);
    if (source === "screen") this.stop("screen-audio");
  }

  mute(source: MediaSource, muted: boolean): void {
    const sent = this.#sending.get(source);
    if (sent && sent.muted !== muted) this.#send(source, { ...sent, muted });
  }

  async devices(): Promise<readonly MediaDeviceInfo[]> {
    const all = await navigator.mediaDevices?.enumerateDevices?.();
    if (!all) throw new HeliographError("unsupported", "This browser shows no devices here.");
    return all;
  }

  // What the room and its peers say.

  /** Tracks of the application, from the start. One that does not fit is an `error`. */
  give(tracks: GivenTracks): void {
    for (const [source, track] of Object.entries(tracks) as [MediaSource, MediaStreamTrack][]) {
      this.start(source, { track }).catch(({ code, message }: HeliographError) => {
        this.#ports.emit("error", { code, message });
      });
    }
  }

  /** This connection makes an offer that waits for whoever comes. */
  park(link: SlottedLink): void {
    if (this.#sending.size > 0) this.#add(link);
  }

  /** We are about to offer, or to answer `offer`. */
  prepare(peer: MediaPeer, offer: Description | null): void {
    const { link } = peer;
    if (offer) this.#take(link);
    else if (isFirst(link.connection)) this.#addIfNeeded(peer);
    this.#of(peer).show(link);
  }

  /** Its channel is open (again). */
  opened(peer: MediaPeer): void {
    this.#take(peer.link);
    this.#addIfImpolite(peer);
    this.#of(peer).opened(peer.link);
    if (this.#sending.size > 0) this.#tell(peer);
  }

  received(peer: MediaPeer, body: unknown): void {
    const state = parseState(body);
    if (!state) return;
    const received = this.#of(peer);
    received.heard(peer.link, state);
    this.#addIfImpolite(peer);
    received.show(peer.link);
  }

  gone(peer: string): void {
    this.#received.get(peer)?.close();
    this.#received.delete(peer);
  }

  /** What we have opened is stopped. */
  close(): void {
    this.#closed = true;
    navigator.mediaDevices?.removeEventListener("devicechange", this.#devicesChanged);
    for (const received of this.#received.values()) received.close();
    for (const { track, isOurs } of this.#sending.values()) if (isOurs) track.stop();
    this.#sending.clear();
  }

  // Ours.

  async #start(
    source: MediaSource,
    options: StartOptions,
    muted: boolean,
  ): Promise<MediaStreamTrack> {
    if (this.#closed) throw new HeliographError("closed", "The room is closed.");
    const turn = this.#nextTurn(source);
    const { track } = options;
    if (track) {
      this.#send(source, { track: fitting(source, track), muted, isOurs: false });
      return track;
    }
    const tracks = await this.#open(source, options);
    if (this.#closed || turn !== this.#turns.get(source)) {
      for (const each of tracks) each.stop();
      const code = this.#closed ? "closed" : "aborted";
      throw new HeliographError(code, "It was stopped, or started again, meanwhile.");
    }
    return this.#sendOpened(source, tracks, muted);
  }

  #sendOpened(
    source: MediaSource,
    tracks: readonly MediaStreamTrack[],
    muted: boolean,
  ): MediaStreamTrack {
    const main = tracks.find(({ kind }) => kind === kindOf(source)) as MediaStreamTrack;
    this.#send(source, { track: main, muted, isOurs: true });
    if (source !== "screen") return main;
    const sound = tracks.find(({ kind }) => kind === "audio");
    if (sound) this.#send("screen-audio", { track: sound, muted: false, isOurs: true });
    else this.#end("screen-audio"); // of the screen before
    return main;
  }

  /** Phones have one camera at a time: the one that we have is given back before the next try. */
  async #open(source: MediaSource, options: StartOptions): Promise<readonly MediaStreamTrack[]> {
    try {
      return await capture(source, options);
    } catch (error) {
      const before = this.#sending.get(source);
      const isBusy = error instanceof HeliographError && error.code === "media_busy";
      if (!isBusy || source === "screen" || !before?.isOurs) throw error;
      before.track.stop();
      try {
        return await capture(source, options);
      } catch (again) {
        this.#end(source);
        throw again;
      }
    }
  }

  #nextTurn(source: MediaSource): number {
    const turn = (this.#turns.get(source) ?? 0) + 1;
    this.#turns.set(source, turn);
    return turn;
  }

  #send(source: MediaSource, sent: Sent): void {
    const before = this.#sending.get(source);
    this.#sending.set(source, sent);
    this.#changed(source, sent);
    if (before?.track === sent.track) return;
    if (before?.isOurs) before.track.stop();
    sent.track.addEventListener("ended", () => {
      if (this.#sending.get(source)?.track === sent.track) this.stop(source);
    });
  }

  #end(source: MediaSource): void {
    const before = this.#sending.get(source);
    if (!before) return;
    this.#sending.delete(source);
    this.#changed(source, null);
    if (before.isOurs) before.track.stop();
  }

  #changed(source: MediaSource, sent: Sent | null): void {
    if (this.#closed) return;
    for (const link of this.#links) this.#fill(link);
    for (const peer of this.#ports.peers().values()) {
      if (!peer.up) continue; // it is told when its channel is open
      this.#addIfImpolite(peer);
      this.#tell(peer);
    }
    const { track = null, muted = false } = sent ?? {};
    this.#ports.emit("sending", { source, track, muted });
  }

  #tell(peer: MediaPeer): void {
    const seq = this.#ports.nextSeq();
    peer.tell({ v: 1, seq, kind: "media", body: stateOf(this.#sending) });
  }

  // The slots of a connection.

  #addIfImpolite(peer: MediaPeer): void {
    if (peer.up && !peer.polite) this.#addIfNeeded(peer);
  }

  #addIfNeeded(peer: MediaPeer): void {
    const isNeeded = this.#sending.size > 0 || this.#of(peer).sends;
    if (isNeeded && !peer.link.slots && !peer.link.offered) this.#add(peer.link);
  }

  #add(link: SlottedLink): void {
    addSlots(link);
    this.#keep(link);
  }

  #take(link: SlottedLink): void {
    if (!link.slots) takeSlots(link);
    this.#keep(link);
  }

  #keep(link: SlottedLink): void {
    if (!link.slots) return;
    this.#links.add(link);
    this.#fill(link);
  }

  #fill(link: SlottedLink): void {
    if (link.connection.signalingState === "closed") this.#links.delete(link);
    else {
      fillSlots(link, (source) => {
        const sent = this.#sending.get(source);
        return sent && !sent.muted ? sent.track : null;
      });
    }
  }

  // Theirs.

  #of(peer: MediaPeer): Received {
    const known = this.#received.get(peer.id);
    if (known) return known;
    const made = new Received(peer.media, (source, media) => {
      const { track = null, stream = null, muted = false } = media ?? {};
      this.#ports.emit("media", { peer, source, track, stream, muted });
    });
    this.#received.set(peer.id, made);
    return made;
  }

  readonly #devicesChanged = (): void => {
    this.devices().then(
      (devices) => this.#ports.emit("devices", { devices }),
      () => {},
    );
  };
}

/** The application's track, if it fits the source and is live. */
function fitting(source: MediaSource, track: MediaStreamTrack): MediaStreamTrack {
  if (track.kind === kindOf(source) && track.readyState === "live") return track;
  throw new HeliographError("invalid_options", `For ${source}: a live ${kindOf(source)} track.`);
}

/** Nobody has described anything over this connection. Firefox throws if it is closed. */
function isFirst(connection: RTCPeerConnection): boolean {
  return connection.signalingState !== "closed" && connection.remoteDescription === null;
}
