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
const MIN_LIFE_MS = 120_000; // our clock may be ahead of the server's
const MAX_LIFE_MS = 86_400_000;

/** ICE servers with a TURN server among them. Times are ms since 1970 by our own clock. */
export interface Grant {
  readonly iceServers: RTCIceServer[];
  readonly since: number;
  readonly until: number;
}

/** A grant that the server says is good until `expiresAt` (ms since 1970 by its clock). */
export function toGrant(iceServers: RTCIceServer[], expiresAt: number, now = Date.now()): Grant {
  const lifeMs = Math.min(MAX_LIFE_MS, Math.max(MIN_LIFE_MS, expiresAt - now));
  return { iceServers, since: now, until: now + lifeMs };
}

/** When to renew (ms since 1970): at 78–82 % of its life, and 45 s before its end at the latest. */
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
    return this.#grant && Date.now() < this.#grant.until ? this.#grant : null;
  }

  /** The grant if it is at most a minute old. In trouble, an older one may be the cause. */
  get fresh(): Grant | null {
    return this.grant && Date.now() - this.grant.since < FRESH_MS ? this.grant : null;
  }

  /** What came of requests so far, for the report. */
  get status(): "none" | "refused" | "granted" {
    if (this.#grant) return "granted";
    return this.#refusedAt === Number.NEGATIVE_INFINITY ? "none" : "refused";
  }

  /** The connection was made with this grant (the one of our parked offer): hold it if it is newer. */
  adopt(grant: Grant | null): void {
    if (grant && grant.since > (this.grant?.since ?? 0)) this.#grant = grant;
  }

  /**
   * A new grant, or null if it is refused now or was refused within 30 s. Requests that overlap are
   * one request. It never rejects: a refusal is no error, the call goes on without TURN.
   */
  request(): Promise<Grant | null> {
    if (Date.now() - this.#refusedAt < REFUSED_MS) return Promise.resolve(null);
    this.#requesting ??= this.#request().finally(() => {
      this.#requesting = null;
    });
    return this.#requesting;
  }

  /** The connection goes through it: renew it in time, and call `renewed` each time. */
  renewInTime(renewed: () => void): void {
    const dueMs = this.grant ? renewalTime(this.grant) - Date.now() : 0;
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
    try {
      const answer = await retry(() => this.#fetch(signal), {
        tries: REQUEST_TRIES,
        maxRetryAfterSeconds: MAX_RETRY_AFTER_SECONDS,
        signal,
      });
      return this.#decided(answer);
    } catch {
      return signal.aborted ? null : this.#decided({ granted: false });
    }
  }

  #decided(answer: TurnAnswer): Grant | null {
    if (answer.granted) this.#grant = toGrant(answer.iceServers, answer.expiresAt);
    else this.#refusedAt = Date.now();
    return answer.granted ? this.#grant : null;
  }
}
