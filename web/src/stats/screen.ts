/** Which of its faces the page shows, and in which words. Pure. */
import type { Format } from "./format.js";
import type { State } from "./state.js";
import type { Summary } from "./summary.js";
import { whyTooFew } from "./words.js";

interface Common {
  /** How old the figures are, or empty. */
  readonly when: string;
  /** Beside what else is shown; empty: all is well. */
  readonly problem: string;
  readonly demo: boolean;
}

export type Screen = Common &
  (
    | { readonly type: "full" } // the figures and plots, or their places while they are on the way
    | { readonly type: "empty"; readonly title: string; readonly words: string }
    | { readonly type: "away" }
  );

export function screenOf({ summary, reply, at }: State, format: Format): Screen {
  const away = reply === "away";
  if (!summary) {
    const words = "Calls go on all the same. This page keeps trying by itself.";
    return away
      ? { type: "away", when: "", problem: words, demo: false }
      : { type: "full", when: "Asking…", problem: "", demo: false };
  }
  const common: Common = {
    when: `As of ${format.clock(away ? at : Math.max(at, summary.asOf))}`,
    problem: away
      ? `These figures are the last ones we got, as of ${format.moment(at)}. This page keeps trying by itself.`
      : "",
    demo: summary.demo,
  };
  const none = nothingIn(summary, format);
  return none ? { ...common, type: "empty", ...none } : { ...common, type: "full" };
}

/** What to say when there is nothing to draw; null if there is something. */
function nothingIn(
  { total, k, daily, success }: Summary,
  format: Format,
): { title: string; words: string } | null {
  if (total.calls === 0 || (total.calls === null && daily.every(({ calls }) => calls === 0)))
    return { title: "No calls yet", words: "The first ones appear here within a minute or two." };
  if (total.calls === null)
    return {
      title: "Too few calls to show",
      words: `${whyTooFew(format.count(k))} They appear here as soon as there are enough.`,
    };
  if (success === null && daily.every(({ calls }) => !calls))
    return {
      title: "Too few calls in this range",
      words: `${whyTooFew(format.count(k))} In all there were ${format.count(total.calls)}: choose a longer range.`,
    };
  return null;
}
