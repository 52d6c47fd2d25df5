/**
 * Our seats at all stamps as one signaling channel: messages go by the best stamp and, without an
 * answer in time, by the next; what the stamps say of the members becomes one list.
 *
 * | Of the stamps | `RoomState` |
 * |---|---|
 * | any is connected, asleep, waking, or has its socket replaced | `connected` |
 * | none is, one was, or all have failed once | `reconnecting` |
 * | none is yet | `connecting` |
 *
 * | A stamp says | Then |
 * |---|---|
 * | the seat is refused, as `kicked` | the end, whatever the others say |
 * | home refuses the joining | the end: it decides who gets what there is only one of |
 * | another refusal | if every other stamp has refused too or has been away for 30 s, it is told |
 * | `closed`: kicked, replaced, rate_limited | the end |
 * | `closed` with another code, `left` of ourselves | the seat there is asked for again |
 */
import { BoundedMap } from "../collections/bounded-map.js";
import { HeliographError } from "../errors.js";
import { isKicked, NOBODY, reach, step } from "../stamps/presence.js";
import type { Change, Presence, PresenceEvent, Reach } from "../stamps/presence-types.js";
import { Router } from "../stamps/router.js";
import { pause } from "../timing/backoff.js";
import { retry } from "../timing/retry.js";
import type { LeftReason, RoomState } from "../types.js";
import { sequence } from "../wire/ids.js";
import type { Admission, Envelope, Listed, Message, Push } from "../wire/protocol.js";
import type { PeerChannel } from "../wire/signaling-channel.js";
import type { Seat } from "./entrance.js";
import type { CarriedOrders } from "./orders.js";
import { Outgoing } from "./outgoing.js";
import { Stamp, type StampState } from "./stamp.js";

const TIME = { now: () => performance.now(), pause };
const SAME_ORDERS_MS = 5_000; // within so long of each other, stamps tell of the same decision
const MAX_MET = 128; // peers; a room has 32 at a time
const AWAY_MS = 30_000; // docs/protocol.md §4: so long a seat is kept
/** A message that was one too many at its moment (docs/protocol.md §1). */
const BUSY = {
  tries: 4,
  isRetryable: (error: unknown) =>
    error instanceof HeliographError && error.code === "rate_limited",
};
/** After these we do not come back by ourselves (docs/protocol.md §4). */
const FINAL_CLOSINGS: ReadonlySet<string> = new Set(["kicked", "replaced", "rate_limited"]);

/** A message of another member. */
export interface Received {
  readonly stamp: number;
  readonly from: string;
  readonly seq: number;
  readonly message: Message;
  /** It was sent to everyone. */
  readonly broadcast: boolean;
}

/** An answer of negotiate. */
export interface Listing {
  readonly admission: Admission;
  /** It is the first since all our sockets were lost: our network may be another one. */
  readonly isComeback: boolean;
}

/** What signaling tells the room. */
export interface SignalingPorts {
  /** A stamp has admitted us: the rules of the room as it knows them. */
  admitted(admission: Admission): void;
  /** Who is here, absent or gone. `list`: the one that says so. `said`: came along with it. */
  members(changes: readonly Change[], list?: Listing, said?: Said): void;
  received(message: Received): void;
  /** `Room.locked`, as a stamp tells it. */
  locked(locked: boolean): void;
  state(state: RoomState): void;
  /** An envelope was refused. */
  failed(error: HeliographError): void;
  /**
   * No stamp gives us our seat. `isFinal`: we have none any more, and are not to go on. Otherwise we
   * go on asking until `stop`.
   */
  refused(error: HeliographError, isFinal: boolean): void;
  /** A stamp has ended our place. */
  closed(stamp: number, code: string, message: string): void;
}

/** What `join` hands over: the seat, and what each stamp answers to the joining. */
export interface Entered {
  readonly seat: Seat;
  /** Our own peer id. */
  readonly self: string;
  readonly firsts: readonly Promise<Admission>[];
  /** What the stamps have said so far, also to those that are still asked. */
  readonly orders: CarriedOrders;
  /** By the number of the stamp: those that have admitted us already. */
  readonly tokens: ReadonlyMap<number, string>;
}

type Delivery = Extract<Push, { target: "signal" | "message" }>;
/** A signal of a member. */
export type Said = Pick<Delivery, "seq" | "message">;

/** Our seats: one sequence of messages, one list of members, a socket and a token for each stamp. */
export class Signaling implements PeerChannel {
  readonly nextSeq: () => number;
  readonly stamps: readonly Stamp[];
  readonly router: Router;
  readonly #seat: Seat;
  readonly #self: string;
  readonly #ports: SignalingPorts;
  readonly #orders: CarriedOrders;
  readonly #outgoing: Outgoing;
  readonly #before: StampState[] = [];
  readonly #mets = new BoundedMap<string, string>(MAX_MET);
  #presence: Presence = NOBODY;
  #state: RoomState = "connecting";
  #wasConnected = false;
  #lostAll = false; // no socket is open, and nobody has admitted us since
  #hasPolled = false;
  readonly #end = new AbortController();
  #sleeping = false;
  #showing: ReturnType<typeof setTimeout> | undefined;

  /** Opens the sockets one after another, as the stamps admit us, and keeps them open until `stop`. */
  constructor({ seat, self, firsts, orders, tokens }: Entered, ports: SignalingPorts) {
    this.nextSeq = sequence(seat.request.visit);
    this.#orders = orders;
    this.#seat = seat;
    this.#self = self;
    this.#ports = ports;
    this.router = new Router(seat.apis.length, TIME);
    this.stamps = seat.apis.map((api, stamp) => {
      this.#step({ type: "asked", stamp });
      const first = firsts[stamp] as Promise<Admission>;
      return new Stamp(api, { first, token: tokens.get(stamp) ?? null }, this.#stampPorts(stamp));
    });
    this.#outgoing = new Outgoing(this.stamps, this.router, {
      reach: (stamp, to) => this.#reach(stamp, to),
      reachingMore: (stamp) => this.#reachingMore(stamp),
    });
  }

  /** A description or a candidate that came at a busy moment is sent again: nobody else would. */
  send(envelope: Envelope): void {
    retry(() => this.post(envelope), { ...BUSY, signal: this.#end.signal }).catch(
      (error: unknown) => {
        if (error instanceof HeliographError && !this.#ended) this.#ports.failed(error);
      },
    );
  }

  /**
   * Resolves with the number of the stamp that has taken it. Rejects with a `HeliographError`, after
   * 15 s at the latest. `except`: stamps that have had it; the others are better.
   */
  post(envelope: Envelope, except?: ReadonlySet<number>): Promise<number> {
    return this.#outgoing.post(envelope, except);
  }

  /** Parks the offer at every stamp, also at those that we come to later, until `unpark`. */
  park(offer: Envelope): void {
    if (!this.#ended) this.#outgoing.park(offer);
  }

  /** Offers that went along with the joining: one goes to each stamp that keeps none. */
  brought(offers: readonly Envelope[]): void {
    this.#outgoing.brought(offers);
  }

  unpark(seq?: number): void {
    this.#outgoing.unpark(seq);
  }

  /**
   * A message of somebody whom no list names, and who did not send it before it left. False if that
   * stamp's word does not count now.
   */
  heard(stamp: number, peer: string): boolean {
    this.#step({ type: "heard", stamp, peer, newPage: true });
    return this.#presence.members.has(peer);
  }

  /** The room has dropped the member. */
  forgotten(peer: string, reason: LeftReason): void {
    this.#step({ type: "forgotten", peer, reason });
  }

  /** When the newest page of the member began, as far as we know; -1 if we do not know it. */
  visitOf(peer: string): number {
    return this.#presence.members.get(peer)?.visit ?? -1;
  }

  /** The proof that we have met the newest page of a peer; "" if no stamp has given one. */
  met(peer: string): string {
    return this.#mets.get(peer) ?? "";
  }

  /** Asks every stamp for its list of members. False if one with a socket did not answer. */
  async refresh(): Promise<boolean> {
    const answers = await Promise.all(this.stamps.map((stamp) => stamp.refresh()));
    return answers.every(Boolean);
  }

  /** A stamp has told what hosts have decided: the others hear of it from us. */
  carry(stamp: number, orders: string | undefined): void {
    if (orders !== undefined) this.#orders.heard(stamp, orders);
  }

  /** What we have heard from another stamp, and this one may not know. */
  ordersFor(stamp: number): string | undefined {
    return this.#orders.next(stamp);
  }

  /** The sockets are not needed until `wake`. */
  sleep(): void {
    this.#sleeping = true;
    for (const stamp of this.stamps) void stamp.sleep();
  }

  /** They are needed again. */
  wake(): void {
    this.#sleeping = false;
    for (const stamp of this.stamps) stamp.wake();
  }

  /** We have kicked it: we may hear of it from nobody, asleep. */
  kicked(peer: string): void {
    this.#ports.members(this.#step({ type: "kicked", peer }));
  }

  /** Our network may be another one: do not wait any longer, and see which sockets work. */
  doubt(): void {
    for (const stamp of this.stamps) void stamp.doubt();
  }

  /** We are about to give up the seat: when a socket ends now, do not open it again. */
  stopReconnecting(): void {
    this.#end.abort();
    clearTimeout(this.#showing);
    this.#outgoing.unpark();
    for (const stamp of this.stamps) stamp.stopReconnecting();
  }

  /** Ends the sockets for good. Resolves when they are closed. */
  async stop(): Promise<void> {
    this.stopReconnecting();
    await Promise.all(this.stamps.map((stamp) => stamp.stop()));
  }

  get #ended(): boolean {
    return this.#end.signal.aborted;
  }

  #stampPorts(stamp: number) {
    const { apis, request, hostToken } = this.#seat;
    return {
      negotiate: (signal: AbortSignal) => {
        this.#step({ type: "asked", stamp });
        const orders = this.#orders.next(stamp);
        const ask = orders === undefined ? request : { ...request, orders };
        return (apis[stamp] as (typeof apis)[number]).negotiate(ask, hostToken, signal);
      },
      admitted: (admission: Admission) => this.#admitted(stamp, admission),
      pushed: (push: Push, batch?: readonly Push[]) => this.#pushed(stamp, push, batch),
      changed: () => this.#changed(stamp),
      failed: this.#ports.failed,
      refused: (error: HeliographError, first: boolean) => this.#refused(stamp, error, first),
    };
  }

  #admitted(stamp: number, admission: Admission): void {
    if (this.#ended) {
      // The seat came too late: nobody wants it any more.
      void this.#seat.apis[stamp]?.leave(admission.token).catch(() => {});
      return;
    }
    this.carry(stamp, admission.orders);
    this.#ports.admitted(admission);
    const changes = this.#step({ type: "listed", stamp, members: admission.peers });
    for (const listed of admission.peers) this.#note(listed);
    const isComeback = this.#lostAll;
    this.#lostAll = false;
    this.#ports.members(changes, { admission, isComeback });
    if (this.#at(stamp).state !== "connected") this.#outgoing.repark(stamp, admission.parked);
    if (admission.peers.length === 0 || admission.parked.length > 0) this.#pollOnce(stamp);
  }

  /**
   * Nobody is there, or an offer of ours waits, and our socket takes two round trips more until it
   * is open. Who came in the same moment is heard of sooner by asking once.
   */
  #pollOnce(stamp: number): void {
    if (this.#hasPolled || this.#wasConnected) return;
    this.#hasPolled = true;
    void this.#at(stamp).poll();
  }

  #pushed(stamp: number, push: Push, batch: readonly Push[] = []): void {
    if (this.#ended) return;
    switch (push.target) {
      case "signal":
      case "message":
        this.#received(stamp, push);
        break;
      case "admitted":
        this.#at(stamp).socketKnown(push.admittedAt);
        break;
      case "closed":
        this.#closed(stamp, push.code, push.message);
        break;
      case "orders":
        this.carry(stamp, push.orders);
        this.#ports.locked(push.locked);
        this.#showOrdersLater();
        break;
      default:
        if (push.peer !== this.#self) this.#tell(stamp, push, batch);
        else if (push.target === "left") this.#selfLeft(stamp, push);
    }
  }

  /** Our seat there is gone; `closed` follows if we were kicked. An older visit is of a page before. */
  #selfLeft(stamp: number, { reason, visit }: Extract<Push, { target: "left" }>): void {
    if (reason !== "kicked" && visit >= this.#seat.request.visit) this.#at(stamp).negotiateAgain();
  }

  /**
   * Usually the host has told all stamps. One that has said nothing by then did not hear it, and gets
   * the orders from us. The wait is random, so that not all members do it.
   */
  #showOrdersLater(): void {
    const heardAt = performance.now();
    clearTimeout(this.#showing);
    this.#showing = setTimeout(
      () => {
        for (const [stamp, each] of this.stamps.entries()) {
          if (!this.#orders.hasTold(stamp, heardAt - SAME_ORDERS_MS)) void each.refresh();
        }
      },
      SAME_ORDERS_MS * (1 + 3 * Math.random()),
    );
  }

  #tell(stamp: number, push: Extract<Push, { peer: string }>, batch: readonly Push[]): void {
    const event: PresenceEvent =
      push.target === "joined"
        ? { type: "joined", stamp, member: push }
        : push.target === "left"
          ? { type: "left", stamp, peer: push.peer, reason: push.reason, visit: push.visit }
          : { type: "disconnected", stamp, peer: push.peer, asleep: push.asleep };
    const isTheirs = (each: Push) => each.target === "signal" && each.from === push.peer;
    const changes = this.#step(event);
    if (push.target === "joined") this.#note(push);
    this.#ports.members(changes, undefined, batch.find(isTheirs) as Said | undefined);
  }

  #note({ peer, visit, met }: Pick<Listed, "peer" | "visit" | "met">): void {
    if (met !== undefined && visit >= this.visitOf(peer)) this.#mets.set(peer, met);
  }

  #received(stamp: number, { target, from, seq, message }: Delivery): void {
    if (from === this.#self || isKicked(this.#presence, from)) return;
    // Whom no list names, the room meets by what the message is.
    if (this.#presence.members.has(from)) {
      this.#ports.members(this.#step({ type: "heard", stamp, peer: from }));
    }
    this.#ports.received({ stamp, from, seq, message, broadcast: target === "message" });
  }

  #closed(stamp: number, code: string, message: string): void {
    if (FINAL_CLOSINGS.has(code)) this.#ports.closed(stamp, code, message);
    else this.stamps[stamp]?.negotiateAgain();
  }

  #refused(stamp: number, error: HeliographError, first: boolean): void {
    const isFinal = error.code === "kicked" || (first && stamp === this.#seat.home);
    if (isFinal) this.#ports.refused(error, true);
    else this.#judge();
  }

  /** A refusal ends it if no other stamp has our seat, or may have kept it. */
  #judge(): void {
    const refusal = this.stamps.find((stamp) => stamp.refusal)?.refusal;
    const isOver = this.stamps.every((stamp) => stamp.refusal || stamp.awayMs > AWAY_MS);
    if (refusal && isOver && !this.#ended) this.#ports.refused(refusal, false);
  }

  #changed(stamp: number): void {
    const { state } = this.#at(stamp);
    const before = this.#before[stamp];
    this.#before[stamp] = state;
    if (state === "connected") this.#socket(stamp, "opened");
    else if (before === "connected" || before === "opening") this.#socket(stamp, "closed");
    const isLost = before === "connected" && state !== "asleep";
    if (isLost) this.#lostAll = !this.stamps.some(({ open, state }) => open || state === "asleep");
    if (state === "connected" && this.#sleeping) void this.#at(stamp).sleep();
    this.#tellState();
    if (state === "waiting") this.#judge();
  }

  #socket(stamp: number, type: "opened" | "closed"): void {
    if (this.#ended) return;
    this.router[type](stamp);
    this.#ports.members(this.#step({ type, stamp }));
  }

  #tellState(): void {
    const states = this.stamps.map(({ state }) => state);
    const isConnected = this.stamps.some(({ ready }) => ready);
    this.#wasConnected ||= isConnected;
    const isNew = !this.#wasConnected && states.some((s) => s === "entering" || s === "opening");
    const state = isConnected ? "connected" : "reconnecting";
    if (this.#ended || isNew || state === this.#state) return;
    this.#state = state;
    this.#ports.state(state);
  }

  /** Of a message for everyone: is everyone to be reached here who is to be reached at all? */
  #reach(stamp: number, to: string | undefined): Reach {
    if (to !== undefined) return reach(this.#presence, stamp, to);
    return this.#reachingMore(stamp).length === 0 ? "here" : "absent";
  }

  #reachingMore(stamp: number): number[] {
    const reaches = (each: number, peer: string) => reach(this.#presence, each, peer) === "here";
    const missed = [...this.#presence.members.keys()].filter((peer) => !reaches(stamp, peer));
    return [...this.stamps.keys()].filter((other) => missed.some((peer) => reaches(other, peer)));
  }

  #step(event: PresenceEvent): readonly Change[] {
    const [presence, changes] = step(this.#presence, event);
    this.#presence = presence;
    return changes;
  }

  #at(stamp: number): Stamp {
    return this.stamps[stamp] as Stamp;
  }
}
