/**
 * One call over several stamps: it starts at the first, and at the next when there is no answer in
 * time (hedged requests: Dean and Barroso, "The Tail at Scale", 2013).
 *
 * | What happens | Then |
 * |---|---|
 * | a stamp answers | the call resolves with that answer. Attempts that run go on, and `ended` tells |
 * | a stamp has not answered for `hedgeMs` | `overdue`, and the next one starts too |
 * | a stamp fails, and it is not final | the next one starts at once |
 * | a stamp fails, and it is final | the call rejects at once, also while others run |
 * | all have failed | the call rejects with the most telling error |
 * | 15 s are over, or `signal` aborts | the attempts are aborted, and the call rejects |
 */
import { type ErrorCode, HeliographError, isTransient } from "../errors.js";

/** For the whole call, all attempts included. */
export const CALL_TIMEOUT_MS = 15_000;

/** A clock and its timer (timing/backoff.ts), so that tests run in virtual time. */
export interface Time {
  /** ms that never go back. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. It never rejects. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How one attempt ended. `late`: the call had ended before. `ms`: since the attempt began. */
export type Outcome<T> = {
  readonly stamp: number;
  readonly ms: number;
  readonly late: boolean;
} & ({ readonly value: T } | { readonly error: unknown });

/** What a hedged call needs. What its functions throw is the caller's error, and is not caught. */
export interface HedgeOptions<T> {
  readonly time: Time;
  /** The stamps to ask, in order; at least one. */
  readonly stamps: readonly number[];
  /** One attempt. It observes `signal`, and has a deadline of its own. */
  attempt(stamp: number, signal: AbortSignal): Promise<T>;
  /** ms without an answer of this stamp after which the next one starts. 0: at the same time. */
  hedgeMs(stamp: number): number;
  /** Does this error end the call? By default `isFinal`. */
  isFinal?(error: unknown, stamp: number): boolean;
  /** An attempt has had no answer for `hedgeMs`. */
  overdue?(stamp: number): void;
  /** An attempt has ended, in time or late. */
  ended?(outcome: Outcome<T>): void;
  /** Ends the call; it then rejects with `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole call; 15 s by default. */
  readonly timeoutMs?: number;
}

/** The answer that counts, and whose it is. */
export interface Answer<T> {
  readonly stamp: number;
  readonly value: T;
}

/** Refusals that say something of one stamp's documents or tokens, and nothing of the message. */
const OF_ONE_STAMP: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "bad_token",
  "not_member",
  "peer_not_found",
  "room_not_found",
  "token_expired",
  "wrong_room",
]);

/**
 * Is there no use in asking another stamp? So it is after a refusal that every stamp would give
 * alike (`too_large`, `kicked` …), and after an error that is none of ours. Not so after a transient
 * one, and not after one that says what a single stamp knows: its seat of ours is gone
 * (`not_member`), or the receiver is not there (`peer_not_found`).
 */
export function isFinal(error: unknown): boolean {
  return !isTransient(error) && !isOfOneStamp(error);
}

/** Resolves with the first answer; rejects as the table at the head says. */
export function hedge<T>(options: HedgeOptions<T>): Promise<Answer<T>> {
  return new HedgedCall(options).run();
}

class HedgedCall<T> {
  readonly #options: HedgeOptions<T>;
  readonly #attempts = new AbortController();
  readonly #pauses = new AbortController();
  readonly #errors: unknown[] = [];
  readonly #running = new Set<number>();
  #started = 0;
  #ended = false;
  #resolve: (answer: Answer<T>) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(options: HedgeOptions<T>) {
    this.#options = options;
  }

  run(): Promise<Answer<T>> {
    const { signal, timeoutMs = CALL_TIMEOUT_MS } = this.#options;
    const result = new Promise<Answer<T>>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const abort = () => this.#giveUp(new HeliographError("aborted", "The call was aborted."));
    signal?.addEventListener("abort", abort, { signal: this.#pauses.signal });
    if (signal?.aborted) abort();
    this.#after(timeoutMs, () => this.#giveUp(mostTelling([...this.#errors, noAnswer()])));
    this.#startNext();
    return result;
  }

  /** Starts at the next stamp, if there is one. When all have failed, so has the call. */
  #startNext(): void {
    const { stamps } = this.#options;
    if (this.#ended) return;
    if (this.#errors.length >= stamps.length) this.#fail(mostTelling(this.#errors));
    const stamp = stamps[this.#started];
    if (stamp === undefined) return;
    this.#started += 1;
    void this.#attempt(stamp);
    this.#hedge(stamp);
  }

  async #attempt(stamp: number): Promise<void> {
    const { time } = this.#options;
    const began = time.now();
    this.#running.add(stamp);
    const result = await caught(() => this.#options.attempt(stamp, this.#attempts.signal));
    this.#running.delete(stamp);
    const outcome = { stamp, ms: time.now() - began, late: this.#ended, ...result };
    if ("value" in result) this.#end(() => this.#resolve({ stamp, value: result.value }));
    else this.#failed(stamp, result.error);
    this.#options.ended?.(outcome);
  }

  #failed(stamp: number, error: unknown): void {
    const endsCall = this.#options.isFinal?.(error, stamp) ?? isFinal(error);
    this.#errors.push(error);
    if (endsCall) this.#fail(error);
    else this.#startNext();
  }

  /** Without an answer in time the next one starts, unless it has started already. */
  #hedge(stamp: number): void {
    const ms = this.#options.hedgeMs(stamp);
    const place = this.#started;
    const startNext = () => {
      if (this.#started === place) this.#startNext();
    };
    if (ms <= 0) startNext();
    else {
      this.#after(ms, () => {
        if (!this.#running.has(stamp)) return;
        this.#options.overdue?.(stamp);
        startNext();
      });
    }
  }

  #after(ms: number, then: () => void): void {
    void this.#options.time.pause(ms, this.#pauses.signal).then(() => {
      if (!this.#ended) then();
    });
  }

  #giveUp(error: unknown): void {
    this.#fail(error);
    this.#attempts.abort();
  }

  #fail(error: unknown): void {
    this.#end(() => this.#reject(error));
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pauses.abort();
    settle();
  }
}

async function caught<T>(task: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await task() };
  } catch (error) {
    return { error };
  }
}

/**
 * The error to show when no stamp helped. A stamp that may still do it (transient) counts before one
 * that cannot, so that the caller tries again; and one that said why before one that said nothing.
 */
function mostTelling(errors: readonly unknown[]): unknown {
  return [...errors].sort((a, b) => tellingRank(a) - tellingRank(b))[0] ?? noAnswer();
}

function tellingRank(error: unknown): number {
  if (isOfOneStamp(error)) return 2;
  return error instanceof HeliographError && error.code === "backend_away" ? 1 : 0;
}

function isOfOneStamp(error: unknown): boolean {
  return error instanceof HeliographError && OF_ONE_STAMP.has(error.code);
}

function noAnswer(): HeliographError {
  return new HeliographError("backend_away", "No stamp has answered in time.");
}
