/** Repeats a task while the user sees the page. */

/** Says whether the user sees the page, and dispatches `visibilitychange`: the document. */
export interface Watched extends EventTarget {
  readonly hidden: boolean;
}

/** A running repetition. */
export interface Poll {
  /** Runs the task now, and starts the interval again. */
  now(): void;
  stop(): void;
}

/** Runs `task` now and after each interval, but only while the user sees the page. */
export function poll(task: () => void, intervalMs: number, watched: Watched = document): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let due = 0;

  function now(): void {
    clearTimeout(timer);
    due = performance.now() + intervalMs;
    timer = setTimeout(look, intervalMs);
    task();
  }

  function look(): void {
    clearTimeout(timer);
    if (watched.hidden) return; // `visibilitychange` calls this again
    const left = due - performance.now();
    if (left <= 0) now();
    else timer = setTimeout(look, left);
  }

  watched.addEventListener("visibilitychange", look);
  now();
  return {
    now,
    stop() {
      clearTimeout(timer);
      watched.removeEventListener("visibilitychange", look);
    },
  };
}
