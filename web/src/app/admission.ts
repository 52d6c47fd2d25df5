/** What the page does after the backend has refused a join. */
import type { ErrorCode } from "@heliograph/client";

/** A refusal, by the SDK or by the backend. */
export interface Refusal {
  readonly code: ErrorCode;
  /** How long the backend asks us to wait. */
  readonly retryAfterSeconds?: number | undefined;
}

/** What follows a refusal. */
export type NextTry =
  | { readonly type: "as-guest" } // at once, without the host token
  | { readonly type: "wait"; readonly seconds: number }
  | { readonly type: "stop" };

const FIRST_WAIT_SECONDS = 3;
const LONGEST_WAIT_SECONDS = 30;

/** Codes that go away without the user: the page tries again by itself. */
const TEMPORARY: ReadonlySet<string> = new Set(["backend_away", "unavailable", "busy"]);

/**
 * Codes that say: this host token is good for nothing. Without it the backend says what is true of
 * the room itself: it has ended, it is by invitation, or it takes us as a guest.
 */
const DEAD_HOST_TOKEN: ReadonlySet<string> = new Set(["bad_token", "token_expired", "wrong_room"]);

/** True if the page tries again by itself after this code. */
export const isTemporary = (code: ErrorCode): boolean => TEMPORARY.has(code);

/** True if this code says nothing of the room or of us: it is over as soon as something works again. */
export const isPassing = (code: ErrorCode): boolean => isTemporary(code) || code === "rate_limited";

/**
 * Decides what follows a refusal. `retries` is how many times this join has been tried again
 * already. Waits grow as 3, 6, 12, 24, 30, 30 … seconds; what the backend asks for goes first.
 */
export function nextTry(refusal: Refusal, hasHostToken: boolean, retries: number): NextTry {
  const { code, retryAfterSeconds } = refusal;
  if (isTemporary(code))
    return { type: "wait", seconds: retryAfterSeconds ?? waitSeconds(retries) };
  return hasHostToken && DEAD_HOST_TOKEN.has(code) ? { type: "as-guest" } : { type: "stop" };
}

const waitSeconds = (retries: number): number =>
  Math.min(FIRST_WAIT_SECONDS * 2 ** retries, LONGEST_WAIT_SECONDS);
