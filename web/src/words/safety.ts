/** What the page says where two people compare words. */
import type { ErrorCode } from "@heliograph/client";
import { roomProblemWords } from "./problems.js";

export const COMPARE = "Compare words";
export const ASKING = "Asking the other browser…";
export const READ_ALOUD = "Read them to each other. If they differ, somebody is listening in.";
export const RENEWED = "The connection was made anew, so it has other words now.";
export const AGAIN = "Compare again";

/** Why there are no words. */
export function noWords(code: ErrorCode): string {
  if (code === "unsupported") return "Words cannot be compared over this connection.";
  const { title, next } = roomProblemWords(code);
  return `${title} ${next}`;
}
