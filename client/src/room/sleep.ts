/**
 * When the sockets of a call are not needed (docs/protocol.md §7, Sleep).
 *
 * | Room | Then |
 * |---|---|
 * | takes two, both are in it, and the channel between them is open | after `sleepAfter` seconds the sockets end |
 * | took two, and the other one has just hung up | the sockets are opened again 2 s later |
 * | anything else | the sockets are opened again at once |
 *
 * Nobody else can come into such a room, and what the two have to say to one another goes by the
 * channel. A page that goes away says `bye` in it; one that crashes breaks it. Where one hangs up,
 * the other one mostly does so in the same moment, and then needs no socket any more.
 */

/** By default. A shorter call is not worth the requests that sleeping costs (docs/cost.md). */
export const SLEEP_AFTER_SECONDS = 60;
const MAX_TIMER_MS = 2_147_483_647; // of setTimeout; above that is never

/** When the sockets are needed: not now, after a moment, or at once. */
export type Need = "none" | "soon" | "now";

/** What sleeps and wakes. */
export interface Sleeper {
  sleep(): void;
  wake(): void;
}

/** The timer of one room. */
export class Sleep {
  readonly #sleeper: Sleeper;
  readonly #afterMs: number;
  readonly #followMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #need: Need = "now";

  /** `afterSeconds`: 60 by default. `followMs`: how long `soon` is. */
  constructor(sleeper: Sleeper, afterSeconds: number | undefined, followMs: number) {
    this.#followMs = followMs;
    this.#sleeper = sleeper;
    this.#afterMs = (afterSeconds ?? SLEEP_AFTER_SECONDS) * 1_000;
  }

  /** Does the room need sockets? Saying the same again changes nothing. */
  update(need: Need): void {
    if (need === this.#need) return;
    this.#need = need;
    clearTimeout(this.#timer);
    if (need === "now") this.#sleeper.wake();
    else if (need === "soon") this.#timer = setTimeout(() => this.#sleeper.wake(), this.#followMs);
    else if (this.#afterMs <= MAX_TIMER_MS) {
      this.#timer = setTimeout(() => this.#sleeper.sleep(), this.#afterMs);
    }
  }

  /** The room is over. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
