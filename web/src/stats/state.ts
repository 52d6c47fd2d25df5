/** What the statistics page shows, and every way it can change. Pure. */
import type { Range } from "./range.js";
import type { Summary } from "./summary.js";

export interface State {
  readonly range: Range;
  /** The newest answer to this range; kept from an earlier visit, perhaps. */
  readonly summary: Summary | null;
  /** When that answer was last known to be true, ms. */
  readonly at: number;
  /** `asking` until the first reply to this range; later questions are not shown. */
  readonly reply: "asking" | "here" | "away";
}

export type Action =
  | {
      readonly type: "ranged";
      readonly range: Range;
      readonly kept: { readonly summary: Summary; readonly at: number } | null;
    }
  | {
      readonly type: "answered";
      readonly range: Range;
      readonly summary: Summary;
      readonly at: number;
    }
  | { readonly type: "same"; readonly range: Range; readonly at: number }
  | { readonly type: "away"; readonly range: Range }
  | { readonly type: "retried" };

export const opening = (range: Range): State => ({
  range,
  summary: null,
  at: 0,
  reply: "asking",
});

export function reduce(state: State, action: Action): State {
  if (action.type === "ranged")
    return { ...opening(action.range), summary: null, ...(action.kept ?? {}) };
  if (action.type === "retried") return { ...state, reply: "asking" };
  if (action.range !== state.range) return state; // an answer to what nobody asks any more
  switch (action.type) {
    case "answered":
      return { ...state, summary: action.summary, at: action.at, reply: "here" };
    case "same":
      return { ...state, at: action.at, reply: state.summary ? "here" : "away" };
    case "away":
      return { ...state, reply: "away" };
  }
}
