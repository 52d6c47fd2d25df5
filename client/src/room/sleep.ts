/**
 * When the sockets of a call are not needed (docs/protocol.md §7, Sleep).
 *
 * | Room | Then |
 * |---|---|
 * | takes two, both are in it, and the channel between them is open | after `sleepAfter` seconds the sockets end |
 * | anything else | the sockets are opened again at once |
 *
 * Nobody else can come into such a room, and what the two have to say to one another goes by the
 * channel. A page that goes away says `bye` in it; one that crashes breaks it.
 */

/** By default. A shorter call is not worth the requests that sleeping costs (docs/cost.md). */
export const SLEEP_AFTER_SECONDS = 60;
const MAX_TIMER_MS = 2_147_483_647; // of setTimeout; above that is never

/** What sleeps and wakes. */
export interface Sleeper {
  sleep(): void;
  wake(): void;
}

/** The timer of one room. */
export class Sleep {
  readonly #sleeper: Sleeper;
  readonly #afterMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #idle = false;

  constructor(sleeper: Sleeper, afterSeconds = SLEEP_AFTER_SECONDS) {
    this.#sleeper = sleeper;
    this.#afterMs = afterSeconds * 1_000;
  }

  /** Does the room need no sockets? Saying the same again changes nothing. */
  update(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    clearTimeout(this.#timer);
    if (!idle) this.#sleeper.wake();
    else if (this.#afterMs <= MAX_TIMER_MS) {
      this.#timer = setTimeout(() => this.#sleeper.sleep(), this.#afterMs);
    }
  }

  /** The room is over. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
