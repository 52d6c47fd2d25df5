/**
 * When the stamps are asked for their lists again because of members who are listed and have no
 * connection: a stamp that is asked looks for members who are gone, if it has heard nothing of them
 * for 30 s (docs/protocol.md §3, negotiate).
 *
 * | A member is listed and has no connection | Then the stamps are asked |
 * |---|---|
 * | for 30, 45 and 65 s | once each: the service may take a socket that broke for open for a while |
 * | for longer | after pauses of 60, 120, 240 and 300 s, and every 300 s from then on |
 *
 * Each pause is up to a tenth longer, so that not all members ask at the same time. If a stamp could
 * not answer, all are asked again 5 s later, four times at most, and the table goes on as it was.
 */

/** ms; the last pause is repeated. */
export const RECHECK_MS: readonly number[] = [
  30_000, 15_000, 20_000, 60_000, 120_000, 240_000, 300_000,
];
const MAX_JITTER = 0.1;
const RETRY_MS = 5_000;
const MAX_RETRIES = 4;
/** Who would be due so soon is asked about in the same call. */
const TOGETHER_MS = 3_000;

interface Waiting {
  readonly dueAt: number;
  readonly asked: number;
}

/** One timer, for what is due first. */
export class Recheck {
  readonly #ask: () => Promise<boolean>;
  readonly #random: () => number;
  readonly #waiting = new Map<string, Waiting>();
  /** A stamp could not answer. */
  #retryAt = Number.POSITIVE_INFINITY;
  #retries = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `ask` negotiates again at each stamp; false if one of them did not answer. It never rejects. */
  constructor(ask: () => Promise<boolean>, random: () => number = Math.random) {
    this.#ask = ask;
    this.#random = random;
  }

  /** These members are listed and have no connection. */
  update(peers: Iterable<string>): void {
    const now = performance.now();
    const there = new Set(peers);
    for (const id of this.#waiting.keys()) if (!there.has(id)) this.#waiting.delete(id);
    for (const id of there) if (!this.#waiting.has(id)) this.#wait(id, now, 0);
    if (there.size === 0) this.#retryNoMore();
    this.#schedule(now);
  }

  close(): void {
    this.update([]);
  }

  #wait(id: string, from: number, asked: number): void {
    const ms = RECHECK_MS[Math.min(asked, RECHECK_MS.length - 1)] as number;
    this.#waiting.set(id, { dueAt: from + this.#jittered(ms), asked });
  }

  #schedule(now: number): void {
    clearTimeout(this.#timer);
    if (this.#waiting.size === 0) return;
    const times = [...this.#waiting.values()].map(({ dueAt }) => dueAt);
    const next = Math.min(this.#retryAt, ...times);
    this.#timer = setTimeout(() => void this.#due(), Math.max(0, next - now));
  }

  async #due(): Promise<void> {
    const now = performance.now();
    this.#retryAt = Number.POSITIVE_INFINITY;
    for (const [id, { dueAt, asked }] of this.#waiting) {
      // Whoever is asked about early is not due the next time the earlier for it.
      if (dueAt <= now + TOGETHER_MS) this.#wait(id, Math.max(now, dueAt), asked + 1);
    }
    this.#schedule(now);
    const isAnswered = await this.#ask();
    const isOver = isAnswered || this.#retries >= MAX_RETRIES || this.#waiting.size === 0;
    if (isOver) this.#retryNoMore();
    else this.#retryLater();
    this.#schedule(performance.now());
  }

  /** A stamp may have been away just now. */
  #retryLater(): void {
    this.#retries += 1;
    this.#retryAt = performance.now() + this.#jittered(RETRY_MS);
  }

  #retryNoMore(): void {
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#retries = 0;
  }

  #jittered(ms: number): number {
    return ms * (1 + MAX_JITTER * this.#random());
  }
}
