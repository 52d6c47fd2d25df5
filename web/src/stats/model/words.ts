/** What the statistics page says for the names of the protocol. */
import type { CandidateType, Phase } from "../answer/summary.js";

/** The steps of a connection. */
export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  admit: "Coming in",
  signal: "Offer and answer",
  ice: "Finding a path",
  dtls: "Agreeing on keys",
  open: "Opening the channel",
};

/** How browsers reach each other. */
export const CANDIDATE_TYPE_WORDS: Readonly<Record<CandidateType, string>> = {
  host: "Same network",
  srflx: "Direct",
  prflx: "Direct, found late",
  relay: "Relayed",
};

const FAILURE_WORDS: Readonly<Record<string, string>> = {
  "failed-ice": "found no path",
  "failed-dtls": "could not agree on keys",
  "failed-signaling": "did not reach each other",
  "left-early": "left before it was up",
  other: "ended for other reasons",
};

/** A name that this page does not know is shown as it is. */
export const failureWords = (outcome: string): string =>
  Object.hasOwn(FAILURE_WORDS, outcome) ? (FAILURE_WORDS[outcome] ?? outcome) : outcome;

/** Instead of a withheld figure. `k` is written for the reader. */
export const tooFew = (k: string): string => `fewer than ${k}`;

/** Why figures are missing, in one sentence. */
export const whyTooFew = (k: string): string =>
  `Figures about fewer than ${k} calls are not shown, so that nobody can be picked out of them.`;
