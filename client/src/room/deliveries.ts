/**
 * Texts and data until they are acknowledged, and our acknowledgements (docs/protocol.md §4).
 *
 * | Of a message that is due | Then |
 * |---|---|
 * | the channel that has it is still open | nothing: SCTP delivers it |
 * | another channel to that member is open | it goes there |
 * | none is open | it goes by a stamp that has not taken it, if it is small enough, at our pace |
 */
import { type Acks, acksDue, NO_ACKS, nextAckAt, received, withoutAcksTo } from "../stamps/acks.js";
import {
  acked,
  due,
  EMPTY,
  left,
  nextDueAt,
  type Outbox,
  type Repeat,
  returned,
  sent,
  taken,
} from "../stamps/outbox.js";
import { Pace } from "../timing/pace.js";
import type { Ack, Envelope } from "../wire/protocol.js";
import { bytes, fitsServers } from "../wire/shape.js";
import { Delivery } from "./delivery.js";
import { fitForServer } from "./fit.js";
import type { Sent } from "./sending.js";

/**
 * Repeats by the servers: half of what a stamp takes (docs/protocol.md §1). Somebody who comes back
 * after a minute may owe hundreds at once, and descriptions and candidates have to get through too.
 */
const REPEATS_AT_ONCE = 20;
const REPEATS_PER_SECOND = 10;

/** A member, as far as messages to it are concerned. */
export interface Receiver {
  readonly up: boolean;
  readonly connection: RTCPeerConnection;
  /** False if its channel is not open. */
  say(envelope: Envelope): Promise<boolean>;
}

/** Who is to get a message. */
export interface Addressee extends Receiver {
  readonly id: string;
}

/** What deliveries need of the room. */
export interface DeliveriesPorts {
  receiver(peer: string): Receiver | undefined;
  nextSeq(): number;
  /** By a stamp that is not one of `except`, if there is one; resolves with its number. */
  post(envelope: Envelope, except?: ReadonlySet<number>): Promise<number>;
}

/** One for each room. */
export class Deliveries {
  readonly #ports: DeliveriesPorts;
  #outbox: Outbox = EMPTY;
  #acks: Acks = NO_ACKS;
  /** By seq and member: the connection whose channel has taken the message. */
  readonly #channels = new Map<number, Map<string, RTCPeerConnection>>();
  readonly #pace = new Pace(REPEATS_AT_ONCE, REPEATS_PER_SECOND);
  /** By seq: what the application waits for. */
  readonly #pending = new Map<number, Delivery>();
  /** Seqs whose repeat waits for its place. */
  readonly #queued = new Set<number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: DeliveriesPorts) {
    this.#ports = ports;
  }

  /**
   * Sends it to these peers. Whoever has an open channel gets it there; for any other it goes
   * through the servers, and who has it already drops that copy by its seq. Rejects with `too_large`
   * before anyone has got it.
   */
  async send(envelope: Envelope, peers: readonly Addressee[]): Promise<Sent> {
    if (peers.some(({ up }) => !up)) fitForServer(envelope);
    const said = await Promise.all(peers.map((peer) => peer.say(envelope)));
    peers.forEach(({ id }, n) => void (said[n] && this.saidTo(id, envelope.seq)));
    const ids = peers.map(({ id }) => id);
    if (ids.length === 0) return ["nobody", this.sent(envelope, ids)];
    if (said.every(Boolean)) return ["p2p", this.sent(envelope, ids)];
    const stamp = await this.#ports.post(fitForServer(envelope));
    return ["server", this.sent(envelope, ids, stamp)];
  }

  /**
   * The message is on its way to these members. `stamp`: the one that has taken it, if one has.
   * Resolves and rejects as `Sending.delivered`.
   */
  sent(envelope: Envelope, peers: readonly string[], stamp?: number): Promise<readonly string[]> {
    const delivery = new Delivery(peers);
    this.#pending.set(envelope.seq, delivery);
    const size = bytes(JSON.stringify(envelope));
    this.#outbox = sent(
      this.#outbox,
      { envelope, bytes: size, peers },
      performance.now(),
      Math.random(),
    );
    if (stamp !== undefined) this.#outbox = taken(this.#outbox, envelope.seq, stamp);
    this.#schedule();
    return delivery.done;
  }

  /** The channel of that member has taken it. Before `sent`. */
  saidTo(peer: string, seq: number): void {
    const connection = this.#ports.receiver(peer)?.connection;
    if (!connection) return;
    const channels = this.#channels.get(seq) ?? new Map<string, RTCPeerConnection>();
    this.#channels.set(seq, channels.set(peer, connection));
  }

  received(from: string, seq: number): void {
    this.#acks = received(this.#acks, from, seq, performance.now());
    this.#schedule();
  }

  acked(from: string, { body }: Ack): void {
    for (const seq of body.seqs) this.#pending.get(seq)?.settle(null, [from]);
    this.#outbox = acked(this.#outbox, from, body.seqs);
    this.#schedule();
  }

  /** It can be reached again, or in another way. */
  returned(peer: string): void {
    this.#outbox = returned(this.#outbox, peer, performance.now());
    this.#schedule();
  }

  left(peer: string): void {
    for (const delivery of this.#pending.values()) delivery.settle("peer_gone", [peer]);
    this.#outbox = left(this.#outbox, peer);
    this.#acks = withoutAcksTo(this.#acks, peer);
    this.#schedule();
  }

  /** Nothing is sent any more. */
  close(): void {
    for (const delivery of this.#pending.values()) delivery.settle("closed");
    this.#outbox = EMPTY;
    this.#acks = NO_ACKS;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    for (const seq of this.#channels.keys()) {
      if (!this.#outbox.has(seq)) this.#channels.delete(seq);
    }
    for (const [seq, delivery] of this.#pending) {
      if (this.#outbox.has(seq)) continue;
      delivery.settle("undelivered"); // given up, if somebody owes it
      this.#pending.delete(seq);
    }
    const times = [nextDueAt(this.#outbox), nextAckAt(this.#acks)].filter((at) => at !== null);
    if (times.length === 0) return;
    const ms = Math.max(0, Math.min(...times) - performance.now());
    this.#timer = setTimeout(() => this.#work(), ms);
  }

  #work(): void {
    const now = performance.now();
    const [outbox, repeats] = due(this.#outbox, now, Math.random);
    const [acks, batches] = acksDue(this.#acks, now);
    this.#outbox = outbox;
    this.#acks = acks;
    for (const repeat of repeats) void this.#repeat(repeat);
    for (const { to, seqs } of batches) {
      void this.#acknowledge({ kind: "ack", body: { seqs: [...seqs] } }, to);
    }
    this.#schedule();
  }

  /** If an acknowledgement is lost, the message comes again and is acknowledged again. */
  async #acknowledge(ack: Ack, to: string): Promise<void> {
    const envelope: Envelope = { v: 1, seq: this.#ports.nextSeq(), to, ...ack };
    const said = await this.#ports
      .receiver(to)
      ?.say(envelope)
      .catch(() => false);
    if (!said) await this.#ports.post(envelope).catch(() => {});
  }

  async #repeat({ envelope, owing, takenBy }: Repeat): Promise<void> {
    const reached = await Promise.all(owing.map((peer) => this.#sayAgain(envelope, peer)));
    if (reached.every(Boolean) || !fitsServers(envelope)) return;
    if (!(await this.#isOwedInTurn(envelope.seq))) return;
    const stamp = await this.#ports.post(envelope, takenBy).catch(() => null);
    if (stamp !== null) this.#outbox = taken(this.#outbox, envelope.seq, stamp);
  }

  /** Waits for a place. False if it is not needed any more then, or has one already. */
  async #isOwedInTurn(seq: number): Promise<boolean> {
    if (this.#queued.has(seq)) return false;
    this.#queued.add(seq);
    const ms = this.#pace.reserve(performance.now());
    // Not `pause`: a bundler would take that out of the first script, into a file more to wait for.
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    this.#queued.delete(seq);
    return this.#outbox.has(seq);
  }

  /** True if the member gets it by its channel. */
  async #sayAgain(envelope: Envelope, peer: string): Promise<boolean> {
    const receiver = this.#ports.receiver(peer);
    if (!receiver?.up) return false;
    if (this.#channels.get(envelope.seq)?.get(peer) === receiver.connection) return true;
    const said = await receiver.say(envelope).catch(() => false);
    if (said) this.saidTo(peer, envelope.seq);
    return said;
  }
}
