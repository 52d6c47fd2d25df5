/** One loop for every call that is tried again: bounded, jittered, and it can be aborted. */
import { HeliographError, isTransient } from "../errors.js";
import { backoff, pause } from "./backoff.js";

/** How often, how long and after which failures. */
export interface RetryOptions {
  /** How often the task runs at most, the first time included. */
  tries: number;
  /** Which failures are worth another try; `isTransient` by default. */
  isRetryable?: (error: unknown) => boolean;
  /** A server that asks for a longer wait (`retryAfter`) is not asked again. No limit by default. */
  maxRetryAfterSeconds?: number;
  /** ms to wait before try number `attempt` + 1, on top of `retryAfter`; full jitter by default. */
  waitMs?: (attempt: number) => number;
  /** Ends the wait and the tries. The task itself has to observe it too. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs `task` until it succeeds. Rejects with the error of the last try, or with `aborted` as soon
 * as `signal` aborts during a wait. Waits as long as the server asked for (`retryAfter`, RFC 9110
 * §10.2.3) plus full jitter, so that many clients do not come back at the same moment.
 */
export async function retry<T>(task: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries, signal, waitMs = backoff } = options;
  for (let attempt = 1; ; attempt += 1) {
    if (signal?.aborted) throw new HeliographError("aborted", "The call was aborted.");
    try {
      return await task();
    } catch (error) {
      if (attempt >= tries || !worthAnotherTry(error, options)) throw error;
      await pause(retryAfterSeconds(error) * 1_000 + waitMs(attempt), signal);
    }
  }
}

function worthAnotherTry(error: unknown, options: RetryOptions): boolean {
  const { isRetryable = isTransient, maxRetryAfterSeconds = Number.POSITIVE_INFINITY } = options;
  return isRetryable(error) && retryAfterSeconds(error) <= maxRetryAfterSeconds;
}

function retryAfterSeconds(error: unknown): number {
  return error instanceof HeliographError ? (error.retryAfter ?? 0) : 0;
}
