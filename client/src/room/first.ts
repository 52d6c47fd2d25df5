/** The first of several answers, where a refusal may come before an answer that matters more. */
import { HeliographError, isTransient } from "../errors.js";

/** After a refusal, another stamp has so long to say something better. */
export const REFUSAL_GRACE_MS = 2_000;

export interface FirstOptions {
  /** Does this rejection end the waiting? By default none does at once. */
  isFinal?(error: unknown, place: number): boolean;
  /** Ends the waiting; it then rejects with `aborted`. */
  signal?: AbortSignal | undefined;
  graceMs?: number;
}

/** The value that came first, and its place in the list. */
export interface First<T> {
  readonly place: number;
  readonly value: T;
}

/**
 * Resolves with the first value. Rejects when all have failed, 2 s after the first refusal that is
 * not transient, or at once after a final one; all promises are observed.
 */
export async function firstOf<T>(
  promises: readonly Promise<T>[],
  { isFinal = () => false, signal, graceMs = REFUSAL_GRACE_MS }: FirstOptions = {},
): Promise<First<T>> {
  const errors: unknown[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  try {
    return await new Promise<First<T>>((resolve, reject) => {
      const fail = () => reject(errors.sort((a, b) => rank(a) - rank(b))[0]);
      stop = () => reject(new HeliographError("aborted", "The call was aborted."));
      signal?.addEventListener("abort", stop);
      if (signal?.aborted) stop();
      const failed = (error: unknown, place: number) => {
        errors.push(error);
        if (isFinal(error, place)) reject(error);
        else if (errors.length === promises.length) fail();
        else if (!isTransient(error)) timer ??= setTimeout(fail, graceMs);
      };
      promises.forEach((promise, place) => {
        promise.then(
          (value) => resolve({ place, value }),
          (error: unknown) => failed(error, place),
        );
      });
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** A refusal tells more than an answer that decided nothing, and that more than none. */
function rank(error: unknown): number {
  if (!isTransient(error)) return 0;
  return error.status === undefined ? 2 : 1;
}
