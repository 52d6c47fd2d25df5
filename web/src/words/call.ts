/** What the page says about a call. */
import { words } from "./page.js";
import type { Problem } from "./problems.js";

/** What did not work: a source, or both with which a call starts. */
type What = "call" | "notices" | "microphone" | "camera" | "screen" | "screen-audio";

/** What did not work, and what to do. */
export function callProblemWords(what: What, code: string): Problem {
  const { call } = words;
  const { problems } = call;
  const known = Object.hasOwn(problems, code) ? (code as keyof typeof problems) : "other";
  const [title = "", next = ""] = problems[known];
  return { title: title.replace("{what}", nameOf(what)), next, remedy: "none" };
}

function nameOf(what: What): string {
  const { both, screen, microphone, camera } = words.call;
  if (what === "call") return both;
  if (what === "notices") return words.notices;
  if (what === "microphone") return microphone;
  return what === "camera" ? camera : screen;
}
