/** Sends each call by the best stamp, and learns from the answers: routes.ts and hedge.ts together. */
import { HeliographError, isTransient } from "../errors.js";
import { type Answer, hedge, type Outcome, type Time } from "./hedge.js";
import type { Reach } from "./presence-types.js";
import { hedgeMs, learn, noRoutes, order, type Routes } from "./routes.js";

/** One call. */
export interface RoutedCall<T> {
  /** One attempt: by the socket of the stamp, else by HTTP. */
  attempt(stamp: number, signal: AbortSignal): Promise<T>;
  /** Where the receiver is; without it, the call has none. */
  reach?(stamp: number): Reach;
  /** Stamps that have taken the message in vain: they come last. */
  readonly after?: ReadonlySet<number>;
  /** Ends the call; it then rejects with `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole call; 15 s by default. */
  readonly timeoutMs?: number;
}

export class Router {
  readonly #time: Time;
  #routes: Routes;

  /** `stamps`: how many there are. */
  constructor(stamps: number, time: Time) {
    this.#routes = noRoutes(stamps);
    this.#time = time;
  }

  /** Our socket at the stamp is open. */
  opened(stamp: number): void {
    this.#routes = learn(this.#routes, { type: "opened", stamp });
  }

  /** It has ended. */
  closed(stamp: number): void {
    this.#routes = learn(this.#routes, { type: "closed", stamp });
  }

  /** All stamps, the best first. */
  order(reach: (stamp: number) => Reach = () => "here"): number[] {
    return order(this.#routes, reach);
  }

  /** Resolves with the first answer and its stamp. Rejects as `hedge` does. */
  call<T>({ attempt, reach, after, signal, timeoutMs }: RoutedCall<T>): Promise<Answer<T>> {
    const best = this.order(reach);
    const last = (stamp: number) => after?.has(stamp) ?? false;
    return hedge({
      time: this.#time,
      stamps: [...best.filter((stamp) => !last(stamp)), ...best.filter(last)],
      attempt,
      hedgeMs: (stamp) => hedgeMs(this.#routes, stamp),
      overdue: (stamp) => this.#failed(stamp),
      ended: (outcome) => this.#learn(outcome),
      signal,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  /** A refusal that is not transient is an answer: the stamp works. */
  #learn<T>(outcome: Outcome<T>): void {
    const { stamp, ms } = outcome;
    if ("error" in outcome && wasAborted(outcome.error)) return;
    if ("error" in outcome && isTransient(outcome.error)) this.#failed(stamp);
    else this.#routes = learn(this.#routes, { type: "answered", stamp, ms });
  }

  #failed(stamp: number): void {
    this.#routes = learn(this.#routes, { type: "failed", stamp });
  }
}

function wasAborted(error: unknown): boolean {
  return error instanceof HeliographError && error.code === "aborted";
}
