/**
 * What the statistics page knows, and how each event changes it. Pure.
 *
 * reply       range-chosen   retry-pressed   answered   same               away
 * asking      asking         asking          here       here, or away *    away
 * here        asking         asking          here       here               away
 * away        asking         asking          here       here, or away *    away
 *
 * `*` away if there is no summary that could be the same. A reply to another range is ignored.
 */

import type { Summary } from "../answer/summary.js";
import type { Range } from "./range.js";

/** What the page knows. */
export interface State {
  readonly range: Range;
  /** The newest answer to this range, perhaps from an earlier visit. */
  readonly summary: Summary | null;
  /** When that answer was last known to be true, in milliseconds since 1970. */
  readonly at: number;
  /** When the backend last said so; later than `at` where it could not look itself. */
  readonly now: number;
  /** `asking` until the first reply to this range. */
  readonly reply: "asking" | "here" | "away";
}

/** Everything that can happen. `at` and `now` are in milliseconds since 1970. */
export type Event =
  | {
      readonly type: "range-chosen";
      readonly range: Range;
      readonly saved: { readonly summary: Summary; readonly at: number } | null;
    }
  | {
      readonly type: "answered";
      readonly range: Range;
      readonly summary: Summary;
      readonly at: number;
      readonly now: number;
    }
  | { readonly type: "same"; readonly range: Range; readonly at: number; readonly now: number }
  | { readonly type: "away"; readonly range: Range }
  | { readonly type: "retry-pressed" };

/** Before any reply to `range`. */
export const initialState = (range: Range): State => ({
  range,
  summary: null,
  at: 0,
  now: 0,
  reply: "asking",
});

/** The next state; the same object if the event changes nothing. */
export function step(state: State, event: Event): State {
  if (event.type === "range-chosen") return { ...initialState(event.range), ...event.saved };
  if (event.type === "retry-pressed") return { ...state, reply: "asking" };
  if (event.range !== state.range) return state;
  switch (event.type) {
    case "answered":
      return { ...state, summary: event.summary, at: event.at, now: event.now, reply: "here" };
    case "same":
      return { ...state, at: event.at, now: event.now, reply: state.summary ? "here" : "away" };
    case "away":
      return { ...state, reply: "away" };
  }
}
