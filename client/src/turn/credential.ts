/**
 * The TURN credential of one connection: how it is requested, and renewed before it expires
 * (docs/protocol.md §3, `POST /api/turn`; RFC 8656 §3 for what a TURN server does).
 */
import { retry } from "../timing/retry.js";
import type { TurnAnswer } from "../wire/protocol.js";

const REQUEST_TRIES = 3;
const MAX_RETRY_AFTER_SECONDS = 5; // a call waits for the credential
const REFUSED_MS = 30_000; // after a refusal nothing is requested for so long
const FRESH_MS = 60_000;
const SPARE_MS = 45_000; // before the end of the credential; a slow renewal still fits in
const MIN_LIFE_MS = 120_000; // what is renewed more often costs more than it is worth
const MAX_LIFE_MS = 86_400_000;

/** ICE servers with a TURN server among them. Times are ms of `performance.now()`. */
export interface Grant {
  readonly iceServers: RTCIceServer[];
  readonly since: number;
  readonly until: number;
}

/**
 * A grant that is good for `ttl` seconds. `since`: when we asked for it; it was made later, so it
 * never ends before we think so. No clock is compared: that of a page may be wrong by hours.
 */
export function toGrant(iceServers: RTCIceServer[], ttl: number, since: number): Grant {
  const lifeMs = Math.min(MAX_LIFE_MS, Math.max(MIN_LIFE_MS, ttl * 1_000));
  return { iceServers, since, until: since + lifeMs };
}

/** When to renew (ms of `performance.now()`): at 78–82 % of its life, and 45 s before its end at the latest. */
export function renewalTime({ since, until }: Grant, random: () => number = Math.random): number {
  const lifeMs = until - since;
  return since + Math.min(lifeMs * (0.78 + random() / 25), lifeMs - SPARE_MS);
}

/** Requests a credential from the backend; rejects with a `HeliographError`. */
export type FetchTurn = (signal: AbortSignal) => Promise<TurnAnswer>;

/** One for each connection. It requests nothing by itself until it is asked to, or renewed. */
export class TurnCredential {
  readonly #fetch: FetchTurn;
  readonly #end = new AbortController();
  #grant: Grant | null;
  #requesting: Promise<Grant | null> | null = null;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  /** `grant`: one that we hold already. */
  constructor(fetch: FetchTurn, grant: Grant | null = null) {
    this.#fetch = fetch;
    this.#grant = grant;
  }

  /** The grant that we hold, or null if there is none or it has expired. */
  get grant(): Grant | null {
    return this.#grant && performance.now() < this.#grant.until ? this.#grant : null;
  }

  /** The grant if it is at most a minute old. In trouble, an older one may be the cause. */
  get fresh(): Grant | null {
    return this.grant && performance.now() - this.grant.since < FRESH_MS ? this.grant : null;
  }

  /** Of the newest grant, also if it has expired: for the report. */
  get servers(): readonly RTCIceServer[] {
    return this.#grant?.iceServers ?? [];
  }

  /** What came of requests so far, for the report. */
  get status(): "none" | "refused" | "granted" {
    if (this.#grant) return "granted";
    return this.#refusedAt === Number.NEGATIVE_INFINITY ? "none" : "refused";
  }

  /** The connection was made with this grant (the one of our parked offer): hold it if it is newer. */
  adopt(grant: Grant | null): void {
    if (grant && grant.since > (this.grant?.since ?? -1)) this.#grant = grant;
  }

  /**
   * A new grant, or null if it is refused now or was refused within 30 s. Requests that overlap are
   * one request. It never rejects: a refusal is no error, the call goes on without TURN.
   */
  request(): Promise<Grant | null> {
    if (performance.now() - this.#refusedAt < REFUSED_MS) return Promise.resolve(null);
    this.#requesting ??= this.#request().finally(() => {
      this.#requesting = null;
    });
    return this.#requesting;
  }

  /** The connection goes through it: renew it in time, and call `renewed` each time. */
  renewInTime(renewed: () => void): void {
    const dueMs = this.grant ? renewalTime(this.grant) - performance.now() : 0;
    this.#renewIn(Math.max(0, dueMs), renewed);
  }

  /** The connection does not go through it: let it expire. */
  stopRenewal(): void {
    clearTimeout(this.#renewal);
  }

  /** Ends requests under way and the renewal. */
  close(): void {
    this.#end.abort();
    this.stopRenewal();
  }

  #renewIn(ms: number, renewed: () => void): void {
    this.stopRenewal();
    if (this.#end.signal.aborted) return;
    this.#renewal = setTimeout(async () => {
      if (await this.request()) {
        this.renewInTime(renewed);
        renewed();
      } else if (this.grant) {
        this.#renewIn(REFUSED_MS * (1 + Math.random() / 5), renewed);
      }
    }, ms);
  }

  async #request(): Promise<Grant | null> {
    const { signal } = this.#end;
    let askedAt = 0;
    const ask = () => {
      askedAt = performance.now();
      return this.#fetch(signal);
    };
    try {
      const limits = { tries: REQUEST_TRIES, maxRetryAfterSeconds: MAX_RETRY_AFTER_SECONDS };
      return this.#decided(await retry(ask, { ...limits, signal }), askedAt);
    } catch {
      return signal.aborted ? null : this.#decided({ granted: false }, askedAt);
    }
  }

  #decided(answer: TurnAnswer, askedAt: number): Grant | null {
    if (answer.granted) this.#grant = toGrant(answer.iceServers, answer.ttl, askedAt);
    else this.#refusedAt = performance.now();
    return answer.granted ? this.#grant : null;
  }
}
