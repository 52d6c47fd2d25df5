/** What the screen of a room and its call, which is loaded later, know of one another. */
import type { Call } from "./model.js";

/** What is said of a call outside of its stage. */
export interface CallSummary extends Pick<Call, "mine" | "problem"> {
  /** Others are in it. */
  readonly othersAre: boolean;
}

/** Where a call is drawn: `place` gets its stage. */
export interface CallPlace {
  readonly place: HTMLElement;
  show(summary: CallSummary): void;
}

export interface CallButtons {
  start(): void;
  dismissProblem(): void;
}
