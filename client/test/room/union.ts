/**
 * What lies between the stamps and the members in a room: one list out of several, and messages.
 * For tests of the members alone; the pure part is the real one.
 */
import type { Members, MembersChannel } from "../../src/room/members.js";
import type { Said } from "../../src/room/signaling.js";
import { isKicked, NOBODY, step } from "../../src/stamps/presence.js";
import type { Change, PresenceEvent } from "../../src/stamps/presence-types.js";
import type { LeftReason } from "../../src/types.js";
import { sequence } from "../../src/wire/ids.js";
import type { Admission, Envelope, Push } from "../../src/wire/protocol.js";

type Told = Exclude<Push, { target: "closed" | "orders" }>;

export class Union implements MembersChannel {
  readonly nextSeq = sequence(Date.now());
  readonly #self: string;
  readonly #send: (envelope: Envelope) => void;
  readonly #members: () => Members;
  #presence = NOBODY;

  constructor(self: string, send: (envelope: Envelope) => void, members: () => Members) {
    this.#self = self;
    this.#send = send;
    this.#members = members;
  }

  /** A stamp admits us, and its socket opens. */
  admitted(admission: Admission, stamp = 0): void {
    this.#members().admitted(admission);
    const { peers } = admission;
    const changes = this.#step({ type: "listed", stamp, members: peers });
    this.#members().changed(changes, { admission, isComeback: false });
    this.#members().changed(this.#step({ type: "opened", stamp }));
  }

  /** Our socket at the stamp ends. */
  closed(stamp: number): void {
    this.#members().changed(this.#step({ type: "closed", stamp }));
  }

  /** `said`: a signal that came along with it. */
  pushed(push: Told, stamp = 0, said?: Said): void {
    switch (push.target) {
      case "signal":
      case "message":
        this.#received(push, stamp);
        break;
      case "joined":
        this.#tell({ type: "joined", stamp, member: push }, push.peer, said);
        break;
      case "left":
        this.#tell({ ...push, type: "left", stamp }, push.peer);
        break;
      case "disconnected":
        this.#tell({ ...push, type: "disconnected", stamp }, push.peer);
    }
  }

  doubt(): void {}

  met(peer: string): string {
    return `met ${peer}`;
  }

  send(envelope: Envelope): void {
    this.#send(envelope);
  }

  async post(envelope: Envelope): Promise<void> {
    this.#send(envelope);
  }

  park(offer: Envelope): void {
    this.#send(offer);
  }

  brought(): void {}

  unpark(): void {}

  heard(stamp: number, peer: string): boolean {
    this.#step({ type: "heard", stamp, peer, newPage: true });
    return this.#presence.members.has(peer);
  }

  forgotten(peer: string, reason: LeftReason): void {
    this.#step({ type: "forgotten", peer, reason });
  }

  visitOf(peer: string): number {
    return this.#presence.members.get(peer)?.visit ?? -1;
  }

  #received(push: Extract<Told, { target: "signal" | "message" }>, stamp: number): void {
    const { from, seq, message, target } = push;
    if (from === this.#self || isKicked(this.#presence, from)) return;
    if (this.#presence.members.has(from)) {
      this.#members().changed(this.#step({ type: "heard", stamp, peer: from }));
    }
    this.#members().received({ stamp, from, seq, message, broadcast: target === "message" });
  }

  #tell(event: PresenceEvent, peer: string, said?: Said): void {
    if (peer !== this.#self) this.#members().changed(this.#step(event), undefined, said);
  }

  #step(event: PresenceEvent): readonly Change[] {
    const [presence, changes] = step(this.#presence, event);
    this.#presence = presence;
    return changes;
  }
}

/** Nobody sends files. */
export const NO_FILES = {
  opened: () => {},
  received: () => {},
  gone: () => {},
};

/** Nothing is repeated, and nothing acknowledged. */
export const NO_RECEIPTS = () => {};

/** Nothing is sent, and nothing shown. */
export const NO_MEDIA = {
  prepare: () => undefined,
  park: async () => null,
  opened: () => {},
  received: () => {},
  gone: () => {},
};
