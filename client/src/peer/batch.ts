import { type Candidate, MAX_BATCH_CANDIDATES } from "../wire/protocol.js";

const FIRST = 30; // ms
const MOST = 480; // ms

/**
 * Gathers candidates into few messages: the first batch waits 30 ms for company, each later one
 * twice as long, because host candidates come together and the others come slowly.
 * Paused at first: what gathers meanwhile rides in the description (`take`).
 */
export class Batch {
  readonly #flush: (candidates: Candidate[]) => void;
  #waiting: Candidate[] = [];
  #window = FIRST;
  #paused = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(flush: (candidates: Candidate[]) => void) {
    this.#flush = flush;
  }

  add(candidate: Candidate): void {
    this.#waiting.push(candidate);
    if (this.#paused) return;
    if (this.#waiting.length >= MAX_BATCH_CANDIDATES) this.end();
    else this.#timer ??= setTimeout(() => this.end(), this.#window);
  }

  /** Hold back, for a description is being made. */
  pause(): void {
    this.#paused = true;
    this.#stop();
  }

  /** What has gathered, at most one message's worth. */
  take(): Candidate[] {
    return this.#waiting.splice(0, MAX_BATCH_CANDIDATES);
  }

  resume(): void {
    this.#paused = false;
    this.#window = FIRST;
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.end(), this.#window);
  }

  /** Gathering is over, or the batch is full: nothing more to wait for. */
  end(): void {
    if (this.#paused) return;
    this.#stop();
    while (this.#waiting.length > 0) this.#flush(this.take());
    this.#window = Math.min(MOST, this.#window * 2);
  }

  clear(): void {
    this.#waiting = [];
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
