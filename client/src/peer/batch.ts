/** Our candidates, in few messages (RFC 8838 §9). */
import { type Candidate, MAX_BATCH_CANDIDATES } from "../wire/protocol.js";
import { fitsServers } from "../wire/shape.js";

/** The rest of an envelope has less. */
const BESIDE_BYTES = 1_024;
const FIRST_WAIT_MS = 30;
const MAX_WAIT_MS = 480;
/** Those that a STUN server has told us of: several servers and sockets answer together. */
const REFLEXIVE_WAIT_MS = 10;

/**
 * Collects candidates. The first batch waits 30 ms, each later one twice as long as the one before;
 * with a server-reflexive candidate 10 ms, and with one of a relay not at all: a path waits for it.
 * It is paused at first: what is collected until `resume` belongs into the description (`take`).
 */
export class Batch {
  readonly #flush: (candidates: Candidate[]) => void;
  #waiting: Candidate[] = [];
  #waitMs = FIRST_WAIT_MS;
  #paused = true;
  #dueAt = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `flush` gets one message's worth at a time. */
  constructor(flush: (candidates: Candidate[]) => void) {
    this.#flush = flush;
  }

  /** A candidate was gathered. */
  add(candidate: Candidate): void {
    this.#waiting.push(candidate);
    if (!this.#paused) this.#endIn(this.#patience([candidate]));
  }

  /** Keeps everything back, because a description is being made. */
  pause(): void {
    this.#paused = true;
    this.#stop();
  }

  /** What has gathered, at most one message's worth: 64 candidates, or less if they are long. */
  take(): Candidate[] {
    const taken = this.#waiting.slice(0, MAX_BATCH_CANDIDATES);
    while (taken.length > 1 && !fitsServers(taken, BESIDE_BYTES)) taken.pop();
    this.#waiting.splice(0, taken.length);
    return taken;
  }

  /** The description was sent: what comes now goes after it. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#waitMs = FIRST_WAIT_MS;
    if (this.#waiting.length > 0) this.#endIn(this.#patience(this.#waiting));
  }

  /** Gathering is over, or the batch is full: nothing more to wait for. */
  end(): void {
    if (this.#paused) return;
    this.#stop();
    while (this.#waiting.length > 0) this.#flush(this.take());
    this.#waitMs = Math.min(MAX_WAIT_MS, this.#waitMs * 2);
  }

  /** Drops everything: it belongs to another pair. */
  clear(): void {
    this.#waiting = [];
    this.#stop();
  }

  #patience(candidates: readonly Candidate[]): number {
    const has = (type: string) =>
      candidates.some(({ candidate }) => candidate.includes(` typ ${type}`));
    if (has("relay") || this.#waiting.length >= MAX_BATCH_CANDIDATES) return 0;
    return has("srflx") ? Math.min(REFLEXIVE_WAIT_MS, this.#waitMs) : this.#waitMs;
  }

  /** Ends it then, or before if that is due already. */
  #endIn(ms: number): void {
    if (ms === 0) {
      this.end();
      return;
    }
    const at = performance.now() + ms;
    if (at >= this.#dueAt) return;
    this.#stop();
    this.#dueAt = at;
    this.#timer = setTimeout(() => this.end(), ms);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}
