/** How long each step of a connection took (docs/protocol.md §3, `POST /api/report`). Pure. */
import type { Phases } from "../wire/report.js";
import type { Step } from "./stopwatch.js";

const ENDS = [
  ["signal", "set"],
  ["ice", "ice"],
  ["dtls", "dtls"],
  ["open", "open"],
] as const;

/**
 * ms of each phase, from when each step was reached first. Events can come in another order than the
 * steps; the phases still add up to the time from the first description to the last step.
 */
export function phasesOf(reached: ReadonlyMap<Step, number>): Phases {
  const phases: Phases = {};
  let before = reached.get("described");
  for (const [name, step] of ENDS) {
    const at = reached.get(step);
    if (before === undefined || at === undefined) break;
    phases[name] = Math.max(0, at - before);
    before = Math.max(before, at);
  }
  return phases;
}
