/** Our messages on their way to the stamps, and the offers that lie parked at all of them. */
import { BoundedMap } from "../collections/bounded-map.js";
import type { Reach } from "../stamps/presence-types.js";
import type { Router } from "../stamps/router.js";
import { retry } from "../timing/retry.js";
import type { Envelope } from "../wire/protocol.js";
import type { Stamp } from "./stamp.js";

type Postable = Pick<Stamp, "token" | "post">;

const PARK_TRIES = 4;
const MAX_REMEMBERED = 256;

/** What is known of the receivers. `to`: undefined for everyone. */
export interface OutgoingPorts {
  reach(stamp: number, to: string | undefined): Reach;
  /** The stamps that reach somebody whom this one does not. */
  reachingMore(stamp: number): number[];
}

/** Everything that goes through the servers. */
export class Outgoing {
  readonly #stamps: readonly Postable[];
  readonly #router: Router;
  readonly #ports: OutgoingPorts;
  /** By seq: the stamps that have taken a message. What is sent again goes by another one. */
  readonly #taken = new BoundedMap<number, Set<number>>(MAX_REMEMBERED);
  #parked: readonly Envelope[] = [];
  #parking = new AbortController();

  constructor(stamps: readonly Postable[], router: Router, ports: OutgoingPorts) {
    this.#stamps = stamps;
    this.#router = router;
    this.#ports = ports;
  }

  /**
   * Resolves with the number of the stamp that has taken it. Rejects with a `HeliographError`.
   * `except`: those that have taken it before, by default as far as we remember.
   */
  async post(envelope: Envelope, except?: ReadonlySet<number>): Promise<number> {
    const taken = this.#taken.touch(envelope.seq, () => new Set());
    const reach = (each: number) => this.#ports.reach(each, envelope.to);
    const { stamp } = await this.#router.call({
      attempt: (each) => this.#at(each).post(envelope),
      reach,
      after: this.#inVain(except ?? taken, reach),
    });
    taken.add(stamp);
    if (envelope.to === undefined) this.#spread(envelope, stamp);
    return stamp;
  }

  /** Parks the offer at every stamp, and at each that admits us from now on. */
  park(offer: Envelope): void {
    this.brought([offer]);
    for (const stamp of this.#stamps.keys()) this.repark(stamp);
  }

  /** They went along with negotiate: `repark` brings one to the stamps that keep none. */
  brought(offers: readonly Envelope[]): void {
    this.unpark();
    this.#parked = offers;
  }

  /** It is taken, or withdrawn: it goes to no other stamp. Without a seq all of them. */
  unpark(seq?: number): void {
    this.#parked = this.#parked.filter((offer) => seq !== undefined && offer.seq !== seq);
    this.#parking.abort();
    this.#parking = new AbortController();
  }

  /** This stamp has admitted us: if an offer waits, it waits there too. `kept`: those that do. */
  repark(stamp: number, kept: readonly number[] = []): void {
    const [offer] = this.#parked;
    const waits = this.#parked.some(({ seq }) => kept.includes(seq));
    if (!offer || waits || !this.#isUsable(stamp)) return;
    const { signal } = this.#parking;
    const parked = retry(() => this.#at(stamp).post(offer), { tries: PARK_TRIES, signal });
    parked.catch(() => {}); // then newcomers there offer
  }

  /** Those that have taken it, unless no other stamp reaches the receiver. */
  #inVain(taken: ReadonlySet<number>, reach: (stamp: number) => Reach): ReadonlySet<number> {
    const isHere = (stamp: number) => reach(stamp) === "here" && this.#isUsable(stamp);
    const hasOther = [...this.#stamps.keys()].some((stamp) => isHere(stamp) && !taken.has(stamp));
    return hasOther ? taken : new Set();
  }

  /** A message for everyone goes by all stamps that reach somebody whom the first does not. */
  #spread(envelope: Envelope, first: number): void {
    for (const other of this.#ports.reachingMore(first)) {
      if (!this.#isUsable(other)) continue;
      this.#at(other)
        .post(envelope)
        .catch(() => {}); // it is sent again until it is acknowledged
    }
  }

  /** It has admitted us. */
  #isUsable(stamp: number): boolean {
    return this.#stamps[stamp]?.token != null;
  }

  #at(stamp: number): Postable {
    return this.#stamps[stamp] as Postable;
  }
}
