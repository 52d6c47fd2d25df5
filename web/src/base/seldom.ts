/** Calls it at most once in `ms`; what comes sooner is dropped. */
export function seldom(ms: number, call: () => void, now = () => performance.now()): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (now() - last < ms) return;
    last = now();
    call();
  };
}
