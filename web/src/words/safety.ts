/** What the page says where two people cannot compare words. */
import type { ErrorCode } from "@heliograph/client";
import { words } from "./page.js";
import { roomProblemWords } from "./problems.js";

/** Why there are none. */
export function noWords(code: ErrorCode): string {
  if (code === "unsupported") return words.safety.unsupported;
  const { title, next } = roomProblemWords(code);
  return `${title} ${next}`;
}
