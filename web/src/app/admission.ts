/** What the page does after the backend has refused a join. */
import type { ErrorCode } from "@heliograph/client";
import type { Seat } from "./seat.js";

/** A refusal, by the SDK or by the backend. */
export interface Refusal {
  readonly code: ErrorCode;
  /** How long the backend asks us to wait. */
  readonly retryAfterSeconds?: number | undefined;
}

/** What follows a refusal. */
export type NextTry =
  | { readonly type: "without-token" } // at once, as somebody new
  | { readonly type: "wait"; readonly seconds: number }
  | { readonly type: "stop"; readonly code: ErrorCode }; // `code` is what the page shows

const FIRST_WAIT_SECONDS = 3;
const LONGEST_WAIT_SECONDS = 30;

/** Codes that go away without the user: the page tries again by itself. */
const TEMPORARY: ReadonlySet<string> = new Set(["backend_away", "unavailable", "busy"]);

/** Codes that say: the identity or the room behind a token does not exist any more. */
const STALE_TOKEN: ReadonlySet<string> = new Set([
  "bad_token",
  "token_expired",
  "not_member",
  "wrong_room",
  "peer_not_found",
]);

/** True if the page tries again by itself after this code. */
export const isTemporary = (code: ErrorCode): boolean => TEMPORARY.has(code);

/**
 * Decides what follows a refusal. `retries` is how many times this join has been tried again
 * already. Waits grow as 3, 6, 12, 24, 30, 30 … seconds; what the backend asks for goes first.
 */
export function nextTry(refusal: Refusal, seat: Seat, retries: number): NextTry {
  const { code, retryAfterSeconds } = refusal;
  if (isTemporary(code))
    return { type: "wait", seconds: retryAfterSeconds ?? waitSeconds(retries) };
  const stale = STALE_TOKEN.has(code);
  if (seat.token !== undefined && (stale || code === "room_not_found"))
    return { type: "without-token" };
  // A host token lives as long as its room (protocol §2).
  if (seat.hostToken !== undefined && stale) return { type: "stop", code: "room_not_found" };
  return { type: "stop", code };
}

const waitSeconds = (retries: number): number =>
  Math.min(FIRST_WAIT_SECONDS * 2 ** retries, LONGEST_WAIT_SECONDS);
