/**
 * Joining: every stamp is asked for our seat, and the first that gives it counts.
 *
 * | Room | Who is asked when |
 * |---|---|
 * | open | all stamps at once |
 * | created | its home stamp; the others 300 ms later, or as soon as that has answered or failed |
 * | either, and we bring several offers | the home stamp, or one by the room's name; the others 300 ms after its answer |
 *
 * | What happens | Then |
 * |---|---|
 * | a stamp admits us | we are in; the others are asked on |
 * | the stamp that is asked first admits us | the others get those of our offers that still wait there |
 * | home refuses, before or after that | that is final: whoever has admitted us is left again |
 * | another stamp refuses, or any of an open room | it counts if nobody has admitted us 2 s later |
 * | all have failed | the most telling error counts |
 * | the caller aborts | a seat that is given later is left again |
 *
 * Were several offers brought to two stamps at once, each would give them to people of its choice, and
 * most pairs would have to be made again. After 300 ms who came in the same moment has taken them.
 *
 * To ask is idempotent (docs/protocol.md §2): the same secret gets the same seat.
 */
import { HeliographError, isTransient } from "../errors.js";
import { pause } from "../timing/backoff.js";
import { retry } from "../timing/retry.js";
import type { Api, JoinRequest } from "../wire/api.js";
import type { Admission, Offer } from "../wire/protocol.js";
import { firstOf } from "./first.js";
import { CarriedOrders } from "./orders.js";

/** How long the first stamp is waited for before the others are asked (docs/protocol.md §7). */
export const FIRST_HEDGE_MS = 300;
const TRIES = 3;
const MAX_RETRY_AFTER_SECONDS = 5; // somebody looks at the page and waits
const MAX_RETRY_MS = 5_000; // after so long without an answer, another try would be too late

/** An offer that is brought. */
export interface Brought {
  readonly offer: Offer | null;
  /** It has found its peer. */
  readonly taken: boolean;
}

/** What our seat is asked for with, and where. */
export interface Seat {
  /** One for each stamp; their places in the list are the numbers of the stamps. */
  readonly apis: readonly Api[];
  readonly request: JoinRequest;
  readonly hostToken?: string | undefined;
  /** The stamp that gives away what there is only one of; null in an open room. */
  readonly home: number | null;
  /** The stamp that is asked before the others; null if all are at once. */
  readonly first: number | null;
}

/** Who admitted us first. */
export interface Admitted {
  readonly stamp: number;
  readonly admission: Admission;
}

/** One call of `join`. */
export class Entrance {
  /** What each stamp answers; their rejections are observed. */
  readonly firsts: readonly Promise<Admission>[];
  readonly #seat: Seat;
  readonly #signal: AbortSignal | undefined;
  #offers: readonly Brought[];
  readonly #isSeveral: boolean;
  /** The seqs of the offers that the first stamp has given us. */
  #have: readonly number[] = [];
  readonly #end = new AbortController(); // nobody wants a seat any more
  readonly #firstDone = new AbortController(); // the first stamp has answered, or failed once
  /** What the stamps that have admitted us say. */
  readonly orders = new CarriedOrders();
  #isFirstIn = false; // the first stamp has admitted us
  #homeRefusal: unknown = null;

  /**
   * Asks at once. `signal` ends it as long as nobody has admitted us. `offers` go along.
   */
  constructor(seat: Seat, signal?: AbortSignal, offers: readonly Brought[] = []) {
    this.#seat = seat;
    this.#offers = offers;
    this.#isSeveral = offers.length > 1;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort, { once: true });
    if (signal?.aborted) this.#abort();
    this.firsts = seat.apis.map((_, stamp) => this.#ask(stamp));
    for (const first of this.firsts) first.catch(() => {});
  }

  /** Resolves with the first admission. Rejects with a `HeliographError`; then no seat is kept. */
  async admitted(): Promise<Admitted> {
    try {
      const { place, value } = await firstOf(this.firsts, {
        isFinal: (error, stamp) => stamp === this.#seat.home && !isTransient(error),
        signal: this.#end.signal,
      });
      return { stamp: place, admission: value };
    } catch (error) {
      this.#abort();
      throw error;
    } finally {
      this.#signal?.removeEventListener("abort", this.#abort);
    }
  }

  readonly #abort = () => this.#end.abort();

  async #ask(stamp: number): Promise<Admission> {
    const { apis, first } = this.#seat;
    if (first !== null && stamp !== first) {
      await pause(FIRST_HEDGE_MS, this.#firstDone.signal);
      if (this.#homeRefusal) throw this.#homeRefusal; // then nobody else is asked
      if (this.#isFirstIn && this.#isSeveral) await pause(FIRST_HEDGE_MS, this.#end.signal);
    }
    const admission = await this.#negotiate(stamp);
    if (this.#end.signal.aborted) void apis[stamp]?.leave(admission.token).catch(() => {});
    if (admission.orders !== undefined) this.orders.heard(stamp, admission.orders);
    if (stamp === first) this.#firstAdmitted(admission);
    return admission;
  }

  #negotiate(stamp: number): Promise<Admission> {
    const { apis, request, hostToken } = this.#seat;
    const api = apis[stamp] as Api;
    const { signal } = this.#end;
    const start = performance.now();
    const ask = () => {
      const orders = this.orders.next(stamp);
      const offers = this.#offers.flatMap(({ offer, taken }) => (offer && !taken ? [offer] : []));
      const have = nonEmpty(this.#have);
      const ask = { ...request, orders, offers: nonEmpty(offers), have };
      const asked = api.negotiate(ask, hostToken, signal);
      return asked.catch((error: unknown) => {
        this.#failed(stamp, error);
        throw error;
      });
    };
    const isRetryable = (error: unknown) =>
      isTransient(error) &&
      (error.status !== undefined || performance.now() - start < MAX_RETRY_MS);
    const limits = { tries: TRIES, maxRetryAfterSeconds: MAX_RETRY_AFTER_SECONDS };
    return retry(ask, { ...limits, isRetryable, signal });
  }

  /** What of our offers has found its peer there, or was dropped, goes to no other stamp. */
  #firstAdmitted({ parked, peers }: Admission): void {
    this.#have = peers.flatMap(({ offer }) => (offer ? [offer.seq] : []));
    this.#offers = this.#offers.filter(({ offer }) => offer && parked.includes(offer.seq));
    this.#isFirstIn = true;
    this.#firstDone.abort();
  }

  #failed(stamp: number, error: unknown): void {
    if (stamp === this.#seat.home && !isTransient(error)) this.#homeRefusal = error;
    if (stamp === this.#seat.first) this.#firstDone.abort();
  }
}

const nonEmpty = <T>(list: readonly T[]) => (list.length > 0 ? list : undefined);

/** The secret, if it has the form of docs/protocol.md §2. Throws `invalid_secret`. */
export function requireSecret(secret: string): string {
  if (/^[A-Za-z0-9_-]{22,64}$/.test(secret)) return secret;
  throw new HeliographError("invalid_secret", "A secret has 22 to 64 characters A-Z a-z 0-9 _ -.");
}
