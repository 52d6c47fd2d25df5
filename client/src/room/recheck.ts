/**
 * When the stamps are asked for their lists again because of members who are listed and have no
 * connection: a stamp that is asked looks for members who are gone (docs/protocol.md §3, negotiate).
 */

/** After so long without a connection, then after twice as long, and so on. */
export const FIRST_RECHECK_MS = 30_000;
export const MAX_RECHECK_MS = 300_000;

/** One timer, for the member that waits longest. */
export class Recheck {
  readonly #ask: () => void;
  readonly #since = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_RECHECK_MS;
  #lastAsked = Number.NEGATIVE_INFINITY;

  /** `ask` negotiates again at each stamp. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** These members are listed and have no connection. */
  update(peers: Iterable<string>): void {
    const now = performance.now();
    const waiting = new Set(peers);
    for (const id of this.#since.keys()) if (!waiting.has(id)) this.#since.delete(id);
    for (const id of waiting) if (!this.#since.has(id)) this.#since.set(id, now);
    if (waiting.size === 0) this.#pauseMs = FIRST_RECHECK_MS;
    this.#schedule(now);
  }

  close(): void {
    this.update([]);
  }

  #schedule(now: number): void {
    clearTimeout(this.#timer);
    if (this.#since.size === 0) return;
    const oldest = Math.min(...this.#since.values());
    const dueAt = Math.max(oldest + FIRST_RECHECK_MS, this.#lastAsked + this.#pauseMs);
    this.#timer = setTimeout(() => this.#due(), Math.max(0, dueAt - now));
  }

  #due(): void {
    this.#lastAsked = performance.now();
    this.#pauseMs = Math.min(MAX_RECHECK_MS, 2 * this.#pauseMs);
    this.#ask();
    this.#schedule(this.#lastAsked);
  }
}
