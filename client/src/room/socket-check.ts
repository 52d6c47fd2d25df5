/**
 * Does the stamp know of our socket? SignalR Service tells the functions once that it is open, and if
 * they are away at that moment the socket stays open and unknown: what is said by name arrives, what
 * is said to everyone does not, and the seat ends (docs/protocol.md §4). The stamp tells us when it
 * has heard of the socket; without that word, negotiate answers which socket it knows.
 *
 * | State | Event | Then |
 * |---|---|---|
 * | – | `opened` | unchecked |
 * | unchecked | `told` of this socket | checked |
 * | unchecked | for 3–6 s | negotiate is asked; again after twice as long |
 * | unchecked | an answer that was asked for 3 s or more after the opening names this socket | checked |
 * | unchecked | such an answer names another socket, or none | `unknown` is called |
 * | any | `closed` | – |
 */

/** What the functions need to hear of a socket, cold starts not counted. */
export const SETTLE_MS = 3_000;
const MAX_PAUSE_MS = 60_000;

/** What the check asks for. */
export interface SocketCheckPorts {
  /** Negotiates. It never rejects. */
  ask(): Promise<unknown>;
  /** The stamp does not know this socket. */
  unknown(): void;
  /** From 0 to 1. */
  random?(): number;
}

/** Of one stamp. Times are ms of `performance.now()`. */
export class SocketCheck {
  readonly #ports: SocketCheckPorts;
  /** Null: no socket is open, or it was checked. `answer`: `admittedAt` of the one that opened it. */
  #unchecked: { readonly openedAt: number; readonly answer: number } | null = null;
  #told = 0; // the last word can come before we know that the socket is open
  #pauseMs = SETTLE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: SocketCheckPorts) {
    this.#ports = ports;
  }

  /** The socket is open. `answer`: `admittedAt` of the answer with which it was opened. */
  opened(answer: number): void {
    this.closed();
    if (answer === this.#told) return;
    this.#unchecked = { openedAt: performance.now(), answer };
    this.#schedule();
  }

  closed(): void {
    this.#unchecked = null;
    this.#pauseMs = SETTLE_MS;
    this.#schedule();
  }

  /** The stamp has heard of the socket that was opened with this answer. */
  told(answer: number): void {
    this.#told = answer;
    if (answer === this.#unchecked?.answer) this.closed();
  }

  /** Negotiate, asked at `askedAt`, has answered which socket it knows, by the answer that opened it. */
  answered(askedAt: number, known: number | undefined): void {
    const socket = this.#unchecked;
    if (!socket || askedAt < socket.openedAt + SETTLE_MS) return;
    this.closed();
    if (known !== socket.answer) this.#ports.unknown();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (!this.#unchecked) return;
    const random = this.#ports.random?.() ?? Math.random();
    this.#timer = setTimeout(() => void this.#due(), this.#pauseMs * (1 + random));
  }

  async #due(): Promise<void> {
    this.#pauseMs = Math.min(MAX_PAUSE_MS, 2 * this.#pauseMs);
    await this.#ports.ask();
    this.#schedule();
  }
}
