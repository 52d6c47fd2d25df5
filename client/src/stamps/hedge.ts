/**
 * One call over several stamps: it starts at the first, and at the next when there is no answer in
 * time ("The Tail at Scale", Dean and Barroso 2013: hedged requests).
 *
 * | What happens | Then |
 * |---|---|
 * | a stamp answers | the call resolves with that answer; attempts that run go on, and are observed |
 * | a stamp has not answered for `hedgeMs` | the next one starts too |
 * | a stamp fails, and it is not final | the next one starts at once |
 * | a stamp fails, and it is final | the call rejects at once |
 * | all have failed | the call rejects with the most telling error |
 * | 15 s are over, or `signal` aborts | the attempts are aborted, and the call rejects |
 */
import { HeliographError, isTransient } from "../errors.js";

/** For the whole call, all attempts included. */
export const CALL_TIMEOUT_MS = 15_000;

/** How one attempt ended. `late`: the call had been decided before. `ms`: from its start. */
export type Outcome<T> = {
  readonly stamp: number;
  readonly ms: number;
  readonly late: boolean;
} & ({ readonly value: T } | { readonly error: unknown });

/** What a hedged call needs. */
export interface HedgeOptions<T> {
  /** The stamps to ask, in order; at least one. */
  readonly stamps: readonly number[];
  /** One attempt. It observes `signal`, and has a deadline of its own. */
  attempt(stamp: number, signal: AbortSignal): Promise<T>;
  /** ms without an answer of this stamp after which the next starts. 0: at the same time. */
  hedgeMs(stamp: number): number;
  /** Does this error end the call? By default `isFinal`. */
  isFinal?(error: unknown, stamp: number): boolean;
  /** An attempt has taken longer than `hedgeMs`. */
  overdue?(stamp: number): void;
  /** An attempt has ended. */
  ended?(outcome: Outcome<T>): void;
  /** Ends the call; it then rejects with `aborted`. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  readonly time: Time;
}

/** A clock and its timer (`timing/backoff.ts`), so that tests run in virtual time. */
export interface Time {
  /** ms that never go back. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. It never rejects. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The answer that counts, and whose it is. */
export interface Answer<T> {
  readonly stamp: number;
  readonly value: T;
}
