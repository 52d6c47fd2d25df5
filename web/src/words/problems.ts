/** What the room page says about each error code: what has happened, and what to do next. */
import type { ErrorCode } from "@heliograph/client";
import { type PageWords, words } from "./page.js";

/** The button beside a problem: try again, come back into the room, or none. */
export type Remedy = "retry" | "return" | "none";

/** The words for one code. */
export interface Problem {
  /** What has happened. */
  readonly title: string;
  /** What to do, or what happens, next. */
  readonly next: string;
  readonly remedy: Remedy;
}

/** Codes that mean the same to a person. */
const SAME: Readonly<Record<string, keyof PageWords["problems"]>> = {
  not_member: "place_gone",
  bad_token: "place_gone",
  token_expired: "place_gone",
  closed: "place_gone",
  connection_failed: "not_direct",
  negotiation_failed: "not_direct",
};

const REMEDIES: Readonly<Partial<Record<keyof PageWords["problems"], Remedy>>> = {
  room_full: "retry",
  room_locked: "retry",
  replaced: "return",
  place_gone: "return",
  backend_away: "retry",
  unavailable: "retry",
  busy: "retry",
  rate_limited: "retry",
  proof_required: "retry",
  bad_proof: "retry",
  unknown: "retry",
};

/** The words for `code` to somebody who is in a room. */
export function roomProblemWords(code: ErrorCode): Problem {
  const { roomProblems } = words;
  if (!isIn(roomProblems, code)) return problemWords(code);
  const [title = "", next = ""] = roomProblems[code];
  return { title, next, remedy: "none" };
}

/** The words for `code`. A code that this page does not know is shown, so that users can report it. */
export function problemWords(code: ErrorCode): Problem {
  const { problems } = words;
  const same = isIn(SAME, code) ? SAME[code] : undefined;
  const known = same ?? (isIn(problems, code) ? code : "unknown");
  const [title = "", next = ""] = problems[known];
  return { title, next: next.replace("{code}", () => code), remedy: REMEDIES[known] ?? "none" };
}

/** Codes of strangers come here, `constructor` among them. */
const isIn = <T extends object>(table: T, code: PropertyKey): code is keyof T =>
  Object.hasOwn(table, code);
