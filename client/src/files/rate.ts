/** How fast something moves: the mean of the last seconds. Pure but for the clock that it is given. */

const SPAN_MS = 5_000;
const STEP_MS = 200;

export class Rate {
  #samples: { readonly ms: number; readonly bytes: number }[] = [];

  /** So many bytes are there now. */
  add(bytes: number, ms: number): void {
    const last = this.#samples.at(-1);
    if (last && ms - last.ms < STEP_MS) return;
    this.#samples = [...this.#samples.filter((each) => ms - each.ms <= SPAN_MS), { ms, bytes }];
  }

  /** It stood still, so what was before does not count. */
  reset(): void {
    this.#samples = [];
  }

  /** Bytes a second; 0 if nothing is known. */
  perSecond(bytes: number, ms: number): number {
    const first = this.#samples.find((each) => ms - each.ms <= SPAN_MS);
    if (!first || ms - first.ms < STEP_MS) return 0;
    return Math.max(0, ((bytes - first.bytes) / (ms - first.ms)) * 1_000);
  }
}
