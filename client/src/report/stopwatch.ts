/** How far a connection came, and how long each step took. Pure: all times are ms of one clock. */

/**
 * `described`: the first description was sent or received; `set`: both are set; `ice`, `dtls`: ICE
 * and DTLS are connected; `open`: so is the data channel.
 */
export type Step = "described" | "set" | "ice" | "dtls" | "open";

/** The times of one connection, over all that replaces it. */
export class Stopwatch {
  readonly #start: number;
  /** When each step was reached for the first time. */
  readonly steps = new Map<Step, number>();
  #upSince: number | null = null;
  #upMs = 0; // until it last went down

  constructor(start: number) {
    this.#start = start;
  }

  /** Only the first time counts: what breaks later is not part of connecting. */
  mark(step: Step, at: number): void {
    if (!this.steps.has(step)) this.steps.set(step, at);
  }

  reached(step: Step): boolean {
    return this.steps.has(step);
  }

  /** The connection works since `at`, or no longer works. */
  up(works: boolean, at: number): void {
    this.#upMs = this.upForMs(at);
    this.#upSince = works ? at : null;
  }

  /** The sum of the times in which it worked. */
  upForMs(at: number): number {
    return this.#upMs + (this.#upSince === null ? 0 : Math.max(0, at - this.#upSince));
  }

  /** Since the start. */
  waitedMs(at: number): number {
    return at - this.#start;
  }
}
