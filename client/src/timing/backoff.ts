const MAX_BACKOFF_MS = 30_000;
const FIRST_BACKOFF_MS = 500;

/**
 * ms to wait before try number `attempt` + 1, with full jitter: anywhere below 0.5, 1, 2, 4 … 30 s.
 * `random` answers 0 to 1. The first wait is no less random than the others: when a service ends all
 * its sockets, all clients come back, and it takes only so many connections a second.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
}

/** The promise's value, or null if it takes longer than `ms`. Rejects if the promise does. */
export async function withTimeout<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  const late = new AbortController();
  try {
    return await Promise.race([promise, pause(ms, late.signal).then(() => null)]);
  } finally {
    late.abort();
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. It never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}
