/** Virtual time for code that awaits: a clock, and a pause that waits on it. */
import type { Time } from "../../src/stamps/hedge.js";
import { Clock } from "../peer/model/clock.js";

export class VirtualTime implements Time {
  readonly clock = new Clock();

  now(): number {
    return this.clock.now;
  }

  pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const cancel = this.clock.after(ms, resolve);
      signal?.addEventListener("abort", () => {
        cancel();
        resolve();
      });
    });
  }

  /** Runs everything up to `end`; between two moments, all that awaits goes on. */
  async runUntil(end: number): Promise<void> {
    await settled();
    for (let at = this.clock.nextAt(); at !== null && at <= end; at = this.clock.nextAt()) {
      this.clock.runUntil(at);
      await settled();
    }
  }
}

/** Runs all promise reactions that wait: they go before the next task of the event loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
