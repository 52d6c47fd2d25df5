import { type Candidate, MAX_BATCH_CANDIDATES } from "../wire/protocol.js";

/** Candidates that came before their description; bounded, the oldest go first. */
export class Held {
  readonly #batches = new Map<string, Candidate[]>();
  readonly #most: number;

  constructor(most = 64) {
    this.#most = most;
  }

  put(from: string, pc: string, candidates: readonly Candidate[]): void {
    const key = `${from} ${pc}`;
    const all = [...(this.#batches.get(key) ?? []), ...candidates].slice(0, MAX_BATCH_CANDIDATES);
    this.#batches.delete(key);
    this.#batches.set(key, all);
    for (const oldest of this.#batches.keys()) {
      if (this.#batches.size <= this.#most) break;
      this.#batches.delete(oldest);
    }
  }

  take(from: string, pc: string): Candidate[] {
    const key = `${from} ${pc}`;
    const candidates = this.#batches.get(key) ?? [];
    this.#batches.delete(key);
    return candidates;
  }
}
