import { HeliographError } from "../errors.js";

/**
 * Loads a part of this package when it is asked for, and once; after a failure again with the next
 * call. It then rejects with `not_loaded`.
 */
export function lazily<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  return () => {
    loading ??= load().catch(() => {
      loading = null;
      throw new HeliographError("not_loaded", "A part of this package was not loaded: try again.");
    });
    return loading;
  };
}
