/** The title, explanation and legend of each plot: known before any answer, so that nothing moves. */
import { CANDIDATE_TYPES, type CandidateType, PHASES, type Phase } from "../answer/summary.js";
import { CANDIDATE_TYPE_WORDS, PHASE_WORDS } from "../model/words.js";
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
export const CALLS: Key = { label: "Calls", look: "sun" };
export const PEOPLE: Key = { label: "People", look: "sun" };
export const P95: Key = { label: "95 of 100 (p95)", look: "line" };
export const P50: Key = { label: "Half (p50)", look: "dashed" };
export const CONNECTED: Key = { label: "Connected", look: "line" };
export const COST: Key = { label: "In all", look: "sun" };
/** `thousand` is 1,000 as the reader's locale writes it. */
export const costOf = (thousand: string): Key => ({ label: `Of ${thousand} calls`, look: "line" });
/** The series of a step. */
export const phaseKey = (phase: Phase): Key => ({
  label: PHASE_WORDS[phase],
  look: PHASE_LOOKS[phase],
});
/** The series of a candidate type. */
export const candidateTypeKey = (type: CandidateType): Key => ({
  label: CANDIDATE_TYPE_WORDS[type],
  look: CANDIDATE_TYPE_LOOKS[type],
});

const CALLS_KIND: Kind = {
  title: "Calls",
  says: "Two people who connect are one call.",
  key: [CALLS],
};
const CONNECT_KIND: Kind = {
  title: "Time to connect",
  says: "From the click to the open channel: half of all calls are faster than the dashed line, 95 of 100 faster than the solid one. The columns below show where the time goes, by the median of each step; steps overlap, and medians do not add up.",
  key: [P95, P50, ...PHASES.map(phaseKey)],
};
const PATHS_KIND: Kind = {
  title: "Paths",
  says: "How the browsers reached each other. Only relayed calls need a server in between. A column leaves out the paths of too few calls.",
  key: CANDIDATE_TYPES.map(candidateTypeKey),
};
const SUCCESS_KIND: Kind = {
  title: "Success",
  says: "The share of calls that connected.",
  key: [CONNECTED],
};
const costKind = (thousand: string): Kind => ({
  title: "Cost",
  says: `What the calls cost at list prices, all services together: of ${thousand} calls above, in all below.`,
  key: [costOf(thousand), COST],
});

/** In the order of the page. `thousand` is 1,000 as the reader's locale writes it. */
export const kindsOf = (thousand: string): readonly (readonly [PlotId, Kind])[] => [
  ["calls", CALLS_KIND],
  ["connect", CONNECT_KIND],
  ["paths", PATHS_KIND],
  ["success", SUCCESS_KIND],
  ["cost", costKind(thousand)],
];
