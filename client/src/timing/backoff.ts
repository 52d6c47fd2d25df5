const MOST = 30_000;

/** Full jitter: at once the first time, then anywhere below 1, 2, 4 … 30 s. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return attempt <= 0 ? 0 : random() * Math.min(MOST, 1_000 * 2 ** (attempt - 1));
}

/** What comes within `ms`, else null. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  const late = new AbortController();
  try {
    return await Promise.race([promise, pause(ms, late.signal).then(() => null)]);
  } finally {
    late.abort();
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. */
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
