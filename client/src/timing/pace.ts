/**
 * So many at once, and so many a second in the long run: the generic cell rate algorithm.
 *
 * | Ask at `now` | Answer |
 * |---|---|
 * | fewer than `burst` were let through in a row | 0: at once |
 * | else | ms until the next one may go; asking has reserved that place |
 */
export class Pace {
  readonly #burst: number;
  readonly #everyMs: number;
  #fullAt = Number.NEGATIVE_INFINITY; // ms of the caller's clock: all places are free then

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#everyMs = 1_000 / perSecond;
  }

  /** Reserves the next place. ms to wait for it. */
  reserve(now: number): number {
    const from = Math.max(this.#fullAt, now);
    this.#fullAt = from + this.#everyMs;
    return Math.max(0, from - now - (this.#burst - 1) * this.#everyMs);
  }
}
