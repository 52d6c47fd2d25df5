/** What the statistics page says about names that come over the wire. */
import type { Path, Phase } from "./summary.js";

export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  admit: "Coming in",
  signal: "Offer and answer",
  ice: "Finding a path",
  dtls: "Agreeing on keys",
  open: "Opening the channel",
};

export const PATH_WORDS: Readonly<Record<Path, string>> = {
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
  other: "ended for rarer reasons",
};

export const failureWords = (outcome: string): string =>
  Object.hasOwn(FAILURE_WORDS, outcome) ? (FAILURE_WORDS[outcome] ?? outcome) : outcome;

export const tooFew = (k: string): string => `fewer than ${k}`;

/** Why something is missing, in one sentence. */
export const whyTooFew = (k: string): string =>
  `Figures about fewer than ${k} calls are not shown, so that nobody can be picked out of them.`;
