/** Something that says whether anybody looks: the document. */
export interface Watched extends EventTarget {
  readonly hidden: boolean;
}

export interface Poll {
  /** Asks now, and counts the time anew. */
  now(): void;
  stop(): void;
}

/** Runs `task` now and each time the interval (ms) is over, but only while somebody looks. */
export function poll(task: () => void, interval: number, watched: Watched = document): Poll {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let due = 0;

  function now(): void {
    clearTimeout(timer);
    due = Date.now() + interval;
    timer = setTimeout(look, interval);
    task();
  }

  function look(): void {
    clearTimeout(timer);
    if (watched.hidden) return; // whoever comes back brings us here again
    const left = due - Date.now();
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
