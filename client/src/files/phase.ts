/**
 * What becomes of one transfer of a file, on either side. Pure.
 *
 * | What happens | offered | accepted | moving | ended |
 * |---|---|---|---|---|
 * | accepted by the receiver | accepted | – | – | – |
 * | declined by the receiver | declined | – | – | – |
 * | the first block moves | – | moving | – | – |
 * | all is there, and the hashes agree | – | done | done | – |
 * | cancelled by either side | cancelled | cancelled | cancelled | – |
 * | failed | failed | failed | failed | – |
 *
 * Ended: done, failed, declined, cancelled. Nothing follows.
 */
import type { TransferState } from "../types.js";

/** `paused` is no phase: either side may hold one that is accepted or moving. */
export type Phase = Exclude<TransferState, "paused">;

export type Step = "accepted" | "declined" | "moved" | "finished" | "cancelled" | "failed";

const NEXT: Readonly<Record<Step, Partial<Record<Phase, Phase>>>> = {
  accepted: { offered: "accepted" },
  declined: { offered: "declined" },
  moved: { accepted: "moving" },
  finished: { accepted: "done", moving: "done" },
  cancelled: { offered: "cancelled", accepted: "cancelled", moving: "cancelled" },
  failed: { offered: "failed", accepted: "failed", moving: "failed" },
};

/** The phase after it; the same one where the table has a dash. */
export function after(phase: Phase, step: Step): Phase {
  return NEXT[step][phase] ?? phase;
}

/** Blocks may move. */
export function isActive(phase: Phase): boolean {
  return phase === "accepted" || phase === "moving";
}

export function hasEnded(phase: Phase): boolean {
  return phase !== "offered" && !isActive(phase);
}
