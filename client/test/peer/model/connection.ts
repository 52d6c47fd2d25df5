/**
 * A model of RTCPeerConnection's signaling: the state machine of W3C WebRTC §4.3.1, strict.
 * A call that the table does not allow, a second call before the first has ended, and an implicit
 * rollback throw `IllegalCall`: the negotiation must never make one. Descriptions that do not fit
 * are refused as browsers do; others are refused at random.
 */
import type { Clock } from "./clock.js";
import type { Random } from "./random.js";

export class IllegalCall extends Error {}

/** What stands for an SDP. */
interface Sdp {
  type: "offer" | "answer";
  id: string;
  /** Of an answer: the id of its offer. */
  to?: string;
  ufrag: string;
  certificate: string;
  /** How many tracks the sender sends. */
  tracks: number;
  /** The media sections in order: "data" is the data channel's. An answer has those of its offer. */
  lines: string[];
}

interface Round {
  local: Sdp;
  remote: Sdp;
}

export interface World {
  clock: Clock;
  random: Random;
  /** True: the browser refuses this operation. */
  refuses(): boolean;
  unique(prefix: string): string;
  /** After a rollback it takes no new media section of theirs, until it has offered itself. */
  readonly bound: boolean;
  /** An offer is taken back. `isFirst`: nothing was complete before. */
  rolledBack(isFirst: boolean): void;
  /** For the message of a run that failed. */
  note(text: string): void;
}

export interface ConnectionPorts {
  needed(): void;
  /** It became stable with a new round, or was closed. */
  changed(): void;
}

export class ModelConnection {
  signalingState: "stable" | "have-local-offer" | "have-remote-offer" | "closed" = "stable";
  /** The last complete offer and answer. */
  current: Round | null = null;
  tracks = 0;
  /** Whose connection it is. */
  ports: ConnectionPorts;
  readonly #world: World;
  readonly #certificate: string;
  #pendingLocal: Sdp | null = null;
  #pendingRemote: Sdp | null = null;
  #busy = false;
  #spoiled = false; // its offers leave the data channel out, as Chromium's do
  #bound = false; // it takes no new media section of theirs, as Chromium does not from Firefox
  #restartWanted = false;
  #neededFlag = false;

  constructor(world: World, ports: ConnectionPorts) {
    this.#world = world;
    this.ports = ports;
    this.#certificate = world.unique("cert");
    this.#updateNeeded();
  }

  /** The local media that the other side does not know of yet, or a restart that is due. */
  get negotiationNeeded(): boolean {
    if (this.signalingState === "closed") return false;
    if (!this.current?.local.lines.includes("data")) return true;
    return this.tracks !== this.current.local.tracks || this.#restartWanted;
  }

  addTrack(): void {
    this.tracks += 1;
    this.#updateNeeded();
  }

  restartIce(): void {
    if (!this.current) return;
    this.#restartWanted = true;
    this.#updateNeeded();
  }

  setLocalDescription(done: (sdp: string) => void, failed: () => void): void {
    if (this.signalingState === "have-local-offer") throw new IllegalCall("an offer is pending");
    this.#operate(failed, () => {
      const sdp = this.signalingState === "stable" ? this.#createOffer() : this.#createAnswer();
      this.#pendingLocal = sdp;
      if (sdp.type === "offer") this.signalingState = "have-local-offer";
      else this.#complete(sdp, this.#pendingRemote as Sdp);
      return () => done(JSON.stringify(sdp));
    });
  }

  setRemoteDescription(
    type: "offer" | "answer",
    text: string,
    done: () => void,
    failed: () => void,
  ): void {
    const sdp: Sdp = JSON.parse(text);
    const { signalingState } = this;
    if (sdp.type !== type) throw new IllegalCall(`an ${sdp.type} given as an ${type}`);
    if (type === "offer" && signalingState === "have-local-offer") {
      throw new IllegalCall("an implicit rollback");
    }
    if (type === "answer" && signalingState !== "have-local-offer") {
      throw new IllegalCall(`an answer in ${signalingState}`);
    }
    this.#operate(failed, () => {
      if (!this.#fits(sdp)) return null;
      this.#pendingRemote = sdp;
      if (type === "offer") this.signalingState = "have-remote-offer";
      else this.#complete(this.#pendingLocal as Sdp, sdp);
      return done;
    });
  }

  rollback(side: "local" | "remote", done: () => void, failed: () => void): void {
    if (this.signalingState !== `have-${side}-offer`) {
      throw new IllegalCall(`a rollback of the ${side} side in ${this.signalingState}`);
    }
    this.#world.rolledBack(this.current === null);
    this.#operate(failed, () => {
      if (side === "local" && !this.current) this.#spoiled = true;
      if (side === "local" && this.current && this.#world.bound) this.#bound = true;
      this.#stable();
      return done;
    });
  }

  close(): void {
    if (this.signalingState === "closed") return;
    this.signalingState = "closed";
    this.ports.changed();
  }

  /** One operation at a time. Without an answer of `apply` it is refused. */
  #operate(failed: () => void, apply: () => (() => void) | null): void {
    if (this.signalingState === "closed") return;
    if (this.#busy) throw new IllegalCall("an operation is under way");
    this.#busy = true;
    this.#world.clock.after(this.#world.random.between(1, 40), () => {
      if (this.signalingState === "closed") return;
      this.#busy = false;
      const done = this.#world.refuses() ? null : apply();
      (done ?? failed)();
      this.#updateNeeded();
    });
  }

  #createOffer(): Sdp {
    const ufrag = this.current && !this.#restartWanted ? this.current.local.ufrag : undefined;
    const lines = [...(this.current?.local.lines ?? [])];
    if (!lines.includes("data") && !this.#spoiled) lines.push("data");
    const media = () => lines.filter((line) => line !== "data").length;
    while (media() < this.tracks) lines.push(this.#world.unique("line"));
    return this.#describe("offer", lines, ufrag);
  }

  #createAnswer(): Sdp {
    const offer = this.#pendingRemote as Sdp;
    const restarts = offer.ufrag !== this.current?.remote.ufrag;
    const ufrag = restarts ? undefined : this.current?.local.ufrag;
    const answer = this.#describe("answer", offer.lines, ufrag);
    return { ...answer, to: offer.id };
  }

  #describe(type: "offer" | "answer", lines: string[], ufrag = this.#world.unique("ufrag")): Sdp {
    const id = this.#world.unique(type);
    return { type, id, ufrag, certificate: this.#certificate, tracks: this.tracks, lines };
  }

  /**
   * Browsers refuse an answer to another offer, a restart nobody asked for, another certificate,
   * and media sections in another order than before.
   */
  #fits(sdp: Sdp): boolean {
    const { current } = this;
    if (current && current.remote.certificate !== sdp.certificate) return false;
    if (sdp.type === "offer") {
      const more = current !== null && sdp.lines.length > current.local.lines.length;
      if (this.#bound && more) return false;
      return (current?.local.lines ?? []).every((line, n) => line === sdp.lines[n]);
    }
    const offer = this.#pendingLocal as Sdp;
    if (sdp.to !== offer.id) return false;
    if (!current) return true;
    const [restarts, restarted] = [
      offer.ufrag !== current.local.ufrag,
      sdp.ufrag !== current.remote.ufrag,
    ];
    return restarts === restarted;
  }

  #complete(local: Sdp, remote: Sdp): void {
    if (local.ufrag !== this.current?.local.ufrag) this.#restartWanted = false;
    this.current = { local, remote };
    this.#bound = false;
    this.#stable();
    this.ports.changed();
  }

  #stable(): void {
    this.#pendingLocal = this.#pendingRemote = null;
    this.signalingState = "stable";
    this.#neededFlag = false;
  }

  /** W3C WebRTC §4.7.3: the event is fired in a task of its own, when stable, once until then. */
  #updateNeeded(): void {
    this.#world.clock.after(0, () => {
      if (this.#busy || this.signalingState !== "stable") return;
      if (!this.negotiationNeeded) this.#neededFlag = false;
      if (!this.negotiationNeeded || this.#neededFlag) return;
      this.#neededFlag = true;
      this.ports.needed();
    });
  }
}

/** An offer, in the words of an answer to `offer`. */
export function asAnswer(text: string, offer: string): string {
  const [sdp, to]: Sdp[] = [JSON.parse(text), JSON.parse(offer)];
  return JSON.stringify({ ...sdp, type: "answer", to: to?.id });
}

/** Both sides hold the same offer and the same answer. */
export function sameRound(one: ModelConnection, other: ModelConnection): boolean {
  const [a, b] = [one.current, other.current];
  if (!a || !b) return false;
  return a.local.id === b.remote.id && a.remote.id === b.local.id;
}

/** ICE can use the credentials that each side has of the other. */
export function sameCredentials(one: ModelConnection, other: ModelConnection): boolean {
  const [a, b] = [one.current, other.current];
  if (!a || !b || one.signalingState === "closed" || other.signalingState === "closed")
    return false;
  const data = a.local.lines.includes("data") && b.local.lines.includes("data");
  return data && a.local.ufrag === b.remote.ufrag && a.remote.ufrag === b.local.ufrag;
}
