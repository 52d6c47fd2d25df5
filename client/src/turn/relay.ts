/** The relay of one connection: how it is asked for, and renewed (docs/protocol.md §3, `/turn`). */

import { transient } from "../room/signaling.js";
import { backoff, pause } from "../timing/backoff.js";
import type { TurnAnswer } from "../wire/protocol.js";

const TRIES = 3;
const PATIENCE = 5; // seconds that the backend may ask us to wait
const REFUSED = 30_000; // ms in which we do not ask again
const FRESH = 60_000; // ms
const SPARE = 45_000; // ms before its end in which nothing is left to the last moment
const SHORTEST = 120_000; // ms: should our clock be wrong, no hurry
const LONGEST = 86_400_000; // ms

/** ICE servers with a relay among them; the times are of our clock. */
export interface Grant {
  readonly iceServers: RTCIceServer[];
  readonly since: number;
  readonly until: number;
}

export function granted(iceServers: RTCIceServer[], expiresAt: number, now = Date.now()): Grant {
  const life = Math.min(LONGEST, Math.max(SHORTEST, expiresAt - now));
  return { iceServers, since: now, until: now + life };
}

/** At about 80 % of its life, and 45 s before the end at the latest. */
export function renewalOf({ since, until }: Grant, random: () => number = Math.random): number {
  const life = until - since;
  return since + Math.min(life * (0.78 + random() / 25), life - SPARE);
}

export class Relay {
  readonly #fetch: (signal: AbortSignal) => Promise<TurnAnswer>;
  readonly #end = new AbortController();
  #grant: Grant | null;
  #asking: Promise<Grant | null> | null = null;
  #refused = Number.NEGATIVE_INFINITY;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  constructor(fetch: (signal: AbortSignal) => Promise<TurnAnswer>, grant: Grant | null = null) {
    this.#fetch = fetch;
    this.#grant = grant;
  }

  /** The one we hold, while it is good. */
  get grant(): Grant | null {
    return this.#grant && Date.now() < this.#grant.until ? this.#grant : null;
  }

  /** The one we hold if it is new: an old one that is in trouble may be the trouble. */
  get fresh(): Grant | null {
    return this.grant && Date.now() - this.grant.since < FRESH ? this.grant : null;
  }

  /** What came of asking, if we did. */
  get standing(): "none" | "refused" | "granted" {
    if (this.#grant) return "granted";
    return this.#refused === Number.NEGATIVE_INFINITY ? "none" : "refused";
  }

  /** A link with a relay became this connection's. */
  take(grant: Grant | null): void {
    if (grant && grant.since > (this.grant?.since ?? 0)) this.#grant = grant;
  }

  /** A new one; null if it is refused, now or a moment ago. Asked for once at a time. */
  ask(): Promise<Grant | null> {
    if (Date.now() - this.#refused < REFUSED) return Promise.resolve(null);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** The connection goes through it: it is renewed in time, which `renewed` has to put to use. */
  keep(renewed: () => void): void {
    const due = this.grant ? renewalOf(this.grant) - Date.now() : 0;
    this.#renewIn(Math.max(0, due), renewed);
  }

  /** The connection does not go through it: it may expire. */
  rest(): void {
    clearTimeout(this.#renewal);
  }

  close(): void {
    this.#end.abort();
    this.rest();
  }

  #renewIn(ms: number, renewed: () => void): void {
    this.rest();
    if (this.#end.signal.aborted) return;
    this.#renewal = setTimeout(async () => {
      if (await this.ask()) {
        this.keep(renewed);
        renewed();
      } else if (this.grant) {
        this.#renewIn(REFUSED * (1 + Math.random() / 5), renewed);
      }
    }, ms);
  }

  async #ask(): Promise<Grant | null> {
    for (let tries = 1; !this.#end.signal.aborted; tries += 1) {
      try {
        return this.#decided(await this.#fetch(this.#end.signal));
      } catch (error) {
        const wait = transient(error) ? (error.retryAfter ?? 0) : Number.POSITIVE_INFINITY;
        if (tries === TRIES || wait > PATIENCE) return this.#decided({ granted: false });
        await pause(wait * 1_000 + backoff(tries), this.#end.signal);
      }
    }
    return null;
  }

  /** A refusal is no error: the call goes on without. */
  #decided(answer: TurnAnswer): Grant | null {
    if (answer.granted) this.#grant = granted(answer.iceServers, answer.expiresAt);
    else this.#refused = Date.now();
    return answer.granted ? this.#grant : null;
  }
}
