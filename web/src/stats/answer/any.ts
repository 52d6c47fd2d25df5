/** Asks several backends for the statistics: they tell of the same calls, and one answer is enough. */
import { ask, endsWith, type Question, type Reply } from "./request.js";

/** How long a backend is waited for before the next one is asked too. */
export const NEXT_AFTER_MS = 2_000;

/** What to ask, and whom. An ETag names what is in an answer, whoever gave it. */
export interface AnyQuestion extends Omit<Question, "backend"> {
  /** Absolute addresses of the API, in the order in which they are asked. */
  readonly backends: readonly string[];
}

/**
 * The first reply that is an answer. The next backend is asked as soon as one is away, and after
 * `NEXT_AFTER_MS` while one says nothing. Never throws: the reply is `away` if all are.
 */
export function askAny({ backends, signal, ...question }: AnyQuestion): Promise<Reply> {
  const done = endsWith(signal);
  const ends = done.signal;

  return new Promise((resolve) => {
    const left = [...backends];
    let waiting = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;

    function next(): void {
      clearTimeout(timer);
      const backend = left.shift();
      if (backend === undefined) return;
      waiting += 1;
      if (left.length > 0) timer = setTimeout(next, NEXT_AFTER_MS);
      void ask({ ...question, backend, signal: ends }).then(take);
    }

    function take(reply: Reply): void {
      waiting -= 1;
      const over = reply.type !== "away" || ends.aborted;
      if (!over && left.length > 0) next();
      else if (over || waiting === 0) end(reply);
    }

    function end(reply: Reply): void {
      clearTimeout(timer);
      done.abort();
      resolve(reply);
    }

    if (left.length === 0) resolve({ type: "away" });
    else next();
  });
}
