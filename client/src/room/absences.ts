/** How long an absent member may stay away: the servers keep its seat so long (docs/protocol.md §4). */
const MAX_ABSENCE_MS = 30_000;

/** One timer for each absent member: whoever is not back in 30 s has expired. */
export class Absences {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** Calls `expired` after 30 s. A timer that runs already runs on. */
  start(id: string, expired: () => void): void {
    if (this.#timers.has(id)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      expired();
    }, MAX_ABSENCE_MS);
    this.#timers.set(id, timer);
  }

  /** It is back, or gone for good. */
  end(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  endAll(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
