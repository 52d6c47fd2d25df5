/** How far a connection came, and how long each step took. Pure: all times are ms of one clock. */
import type { Phases } from "../wire/report.js";

const STEPS = ["described", "set", "ice", "dtls", "open"] as const;

/**
 * `described`: the first description was sent or received; `set`: both are set; `ice`, `dtls`: ICE
 * and DTLS are connected; `open`: so is the data channel.
 */
export type Step = (typeof STEPS)[number];

/** The times of one connection, over all that replaces it. */
export class Stopwatch {
  readonly #start: number;
  readonly #first = new Map<Step, number>();
  #upSince: number | null = null;
  #upMs = 0; // until it last went down

  constructor(start: number) {
    this.#start = start;
  }

  /** Only the first time counts: what breaks later is not part of connecting. */
  mark(step: Step, at: number): void {
    if (!this.#first.has(step)) this.#first.set(step, at);
  }

  reached(step: Step): boolean {
    return this.#first.has(step);
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

  /**
   * ms of each phase. Events can come in another order than the steps; the phases still add up to
   * the time from the first description to the last step.
   */
  phases(): Phases {
    const phases: Phases = {};
    const names = ["signal", "ice", "dtls", "open"] as const;
    let before = this.#first.get("described");
    for (const [n, name] of names.entries()) {
      const at = this.#first.get(STEPS[n + 1] ?? "open");
      if (before === undefined || at === undefined) break;
      phases[name] = Math.max(0, at - before);
      before = Math.max(before, at);
    }
    return phases;
  }
}
