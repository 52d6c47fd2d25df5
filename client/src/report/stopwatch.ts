/** How far a connection came, and how long each step took. Pure: the times (ms) are arguments. */
import type { Phases } from "../wire/report.js";

const STEPS = ["described", "set", "ice", "dtls", "open"] as const;
/** The first description said or heard; both set; ICE, DTLS and the channel are there. */
export type Step = (typeof STEPS)[number];

export class Stopwatch {
  readonly #start: number;
  readonly #first = new Map<Step, number>();
  #upSince: number | null = null;
  #up = 0; // ms, until it last went down

  constructor(start: number) {
    this.#start = start;
  }

  /** Only the first time counts: what breaks later is not part of coming about. */
  mark(step: Step, at: number): void {
    if (!this.#first.has(step)) this.#first.set(step, at);
  }

  reached(step: Step): boolean {
    return this.#first.has(step);
  }

  /** It works, or it does no longer. */
  up(works: boolean, at: number): void {
    this.#up = this.upFor(at);
    this.#upSince = works ? at : null;
  }

  /** How long it has worked, all in all. */
  upFor(at: number): number {
    return this.#up + (this.#upSince === null ? 0 : Math.max(0, at - this.#upSince));
  }

  waited(at: number): number {
    return at - this.#start;
  }

  /** They add up to the time from the first description to the last step, whatever order events had. */
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
