/** The title, explanation and legend of each plot: known before any answer, so that nothing moves. */

import { words } from "../../words/stats.js";
import { CANDIDATE_TYPES, type CandidateType, PHASES, type Phase } from "../answer/summary.js";
import type { Key, Look, PlotId } from "./plot.js";

/** What is known of a plot before any answer. */
export interface Kind {
  readonly title: string;
  readonly says: string;
  /** Its series, in order. */
  readonly key: readonly Key[];
}

const PHASE_LOOKS: Readonly<Record<Phase, Look>> = {
  admit: "plain",
  signal: "stripes",
  ice: "dots",
  dtls: "backstripes",
  open: "rows",
};
const CANDIDATE_TYPE_LOOKS: Readonly<Record<CandidateType, Look>> = {
  host: "plain",
  srflx: "rows",
  prflx: "dots",
  relay: "stripes",
};

/** Series of the plots. */
export const callsKey = (): Key => ({ label: words.series.calls, look: "sun" });
export const peopleKey = (): Key => ({ label: words.series.people, look: "sun" });
export const p95Key = (): Key => ({ label: words.series.p95, look: "line" });
export const p50Key = (): Key => ({ label: words.series.p50, look: "dashed" });
export const connectedKey = (): Key => ({ label: words.series.connected, look: "line" });
export const costKey = (): Key => ({ label: words.series.costInAll, look: "sun" });
/** The cost of 1,000 calls. */
export const thousandKey = (): Key => ({ label: words.series.costOfThousand, look: "line" });
/** The series of a step. */
export const phaseKey = (phase: Phase): Key => ({
  label: words.phases[phase],
  look: PHASE_LOOKS[phase],
});
/** The series of a candidate type. */
export const candidateTypeKey = (type: CandidateType): Key => ({
  label: words.candidateTypes[type],
  look: CANDIDATE_TYPE_LOOKS[type],
});

/** In the order of the page. */
export function kindsOf(): readonly (readonly [PlotId, Kind])[] {
  const { kinds } = words;
  return [
    ["calls", { ...kinds.calls, key: [callsKey()] }],
    ["connect", { ...kinds.connect, key: [p95Key(), p50Key(), ...PHASES.map(phaseKey)] }],
    ["paths", { ...kinds.paths, key: CANDIDATE_TYPES.map(candidateTypeKey) }],
    ["success", { ...kinds.success, key: [connectedKey()] }],
    ["cost", { ...kinds.cost, key: [thousandKey(), costKey()] }],
  ];
}
