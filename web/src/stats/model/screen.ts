/** Which of its screens the statistics page shows, and in which words. Pure. */

import { words } from "../../words/stats.js";
import type { Summary } from "../answer/summary.js";
import type { Format } from "./format.js";
import type { State } from "./state.js";

interface Common {
  /** How old the figures are, or empty. */
  readonly when: string;
  /** What is wrong; empty if nothing is. */
  readonly problem: string;
  readonly demo: boolean;
}

/** What is shown; `type` says which screen. */
export type Screen = Common &
  (
    | { readonly type: "full" } // the figures and plots, or their places before the first answer
    | { readonly type: "empty"; readonly title: string; readonly words: string }
    | { readonly type: "away" }
  );

/** `format` writes numbers and times. */
export function screenOf(state: State, format: Format): Screen {
  const { summary } = state;
  if (!summary) return withoutSummary(state);
  const common = commonOf(state, summary, format);
  const none = nothingIn(summary, format);
  return none ? { ...common, type: "empty", ...none } : { ...common, type: "full" };
}

const withoutSummary = ({ reply }: State): Screen =>
  reply === "away"
    ? { type: "away", when: "", problem: words.screen.goesOn, demo: false }
    : { type: "full", when: words.screen.asking, problem: "", demo: false };

const OLD_MS = 3_600_000;

function commonOf({ reply, at, now }: State, { asOf, demo }: Summary, format: Format): Common {
  const old = words.screen.old(format.moment(at));
  if (reply === "away") return { when: words.screen.asOf(format.clock(at)), problem: old, demo };
  const known = Math.max(at, asOf);
  // The database may sleep: the backend then shows figures of some hours ago.
  const when = now - known > OLD_MS ? format.moment(known) : format.clock(known);
  return { when: words.screen.asOf(when), problem: "", demo };
}

/** What to say when there is nothing to draw; null if there is something. */
function nothingIn(
  { total, k, daily, success }: Summary,
  format: Format,
): { title: string; words: string } | null {
  const said = words.screen;
  const why = words.withheld.why(format.count(k));
  if (total.calls === 0 || (total.calls === null && daily.every(({ calls }) => calls === 0)))
    return { title: said.none, words: said.noneSoon };
  if (total.calls === null) return { title: said.few, words: said.fewSoon(why) };
  if (success === null && daily.every(({ calls }) => !calls))
    return { title: said.fewInRange, words: said.longer(why, format.count(total.calls)) };
  return null;
}
