import type { ErrorCode } from "@heliograph/client";
import type { Seat } from "./session.js";
import { passes } from "./words.js";

/** What a refused join leads to. */
export type Verdict =
  | { readonly type: "forget"; readonly what: "token" } // and try again without it
  | { readonly type: "wait"; readonly seconds: number }
  | { readonly type: "give-up"; readonly code: ErrorCode };

/** The identity we wanted to resume is gone: come as someone new. */
const STALE: ReadonlySet<string> = new Set([
  "bad_token",
  "token_expired",
  "not_member",
  "wrong_room",
  "peer_not_found",
]);

export function judge(
  code: ErrorCode,
  seat: Seat,
  attempt: number,
  retryAfter: number | undefined,
): Verdict {
  if (passes(code)) return { type: "wait", seconds: retryAfter ?? Math.min(3 * 2 ** attempt, 30) };
  if (seat.token !== undefined && (STALE.has(code) || code === "room_not_found"))
    return { type: "forget", what: "token" };
  // A host token lives as long as its room (protocol §2).
  if (seat.hostToken !== undefined && STALE.has(code))
    return { type: "give-up", code: "room_not_found" };
  return { type: "give-up", code };
}

/** A kept identity is resumed only under the name it has. */
export const mayResume = (seat: Seat, name: string): boolean =>
  seat.token !== undefined && (name === "" || name === (seat.name ?? ""));
