/** Calls over the stamps: the best one first, the next when it does not answer in time. */
import { isTransient } from "../errors.js";
import { pause } from "../timing/backoff.js";
import { type Answer, hedge } from "../stamps/hedge.js";
import type { Reach } from "../stamps/presence.js";
import { hedgeMs, learn, noRoutes, order, type RouteEvent, type Routes } from "../stamps/routes.js";

const TIME = { now: () => performance.now(), pause };
const ANYWHERE: (stamp: number) => Reach = () => "here";
const NONE: ReadonlySet<number> = new Set();

/** One call. */
export interface RoutedCall<T> {
  /** Where it can be made. */
  isUsable(stamp: number): boolean;
  /** One attempt; it has a deadline of its own. */
  attempt(stamp: number, signal: AbortSignal): Promise<T>;
  /** Where the receiver of a message is; of other calls nothing, and their time tells nothing either. */
  reach?: (stamp: number) => Reach;
  /** Stamps that have had it before: the others are better. */
  except?: ReadonlySet<number>;
  /** Ends the call; it then rejects with `aborted`. */
  signal?: AbortSignal | undefined;
}

/** What is known of the stamps, and how they are called. */
export class Router {
  #routes: Routes;

  constructor(stamps: number) {
    this.#routes = noRoutes(stamps);
  }

  /** Something has happened at a stamp. */
  learn(event: RouteEvent): void {
    this.#routes = learn(this.#routes, event);
  }

  /** All stamps, the best first; those of `except` after the others that reach as far. */
  order(reach = ANYWHERE, except: ReadonlySet<number> = NONE): number[] {
    const rank = (stamp: number) => (reach(stamp) === "here" ? 0 : 2) + (except.has(stamp) ? 1 : 0);
    return order(this.#routes, reach).sort((a, b) => rank(a) - rank(b));
  }

  /**
   * Resolves with the first answer. Rejects with the most telling `HeliographError`, after 15 s at
   * the latest.
   */
  run<T>({ isUsable, attempt, reach, except, signal }: RoutedCall<T>): Promise<Answer<T>> {
    const all = this.order(reach, except);
    const usable = all.filter(isUsable);
    return hedge<T>({
      stamps: usable.length > 0 ? usable : all.slice(0, 1),
      attempt,
      hedgeMs: (stamp) => hedgeMs(this.#routes, stamp),
      overdue: (stamp) => this.learn({ type: "failed", stamp }),
      ended: (outcome) => {
        const { stamp, ms } = outcome;
        if ("value" in outcome) {
          if (reach) this.learn({ type: "answered", stamp, ms });
        } else if (isTransient(outcome.error)) this.learn({ type: "failed", stamp });
      },
      signal,
      time: TIME,
    });
  }
}
