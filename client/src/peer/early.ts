/** Candidates that came before their description (RFC 8838 §11). Pure. */
import { type Candidate, type CandidateBatch, MAX_BATCH_CANDIDATES } from "../wire/protocol.js";

type Early = readonly CandidateBatch[];

const MAX_PAIRS = 4; // the oldest is forgotten first

/** Keeps them by the name of their pair; at most 64 of a pair. */
export function keepEarly(early: Early, { pc, candidates }: CandidateBatch): Early {
  const [others, before] = takeEarly(early, pc);
  const all = [...before, ...candidates].slice(0, MAX_BATCH_CANDIDATES);
  return [...others, { pc, candidates: all }].slice(-MAX_PAIRS);
}

/** What is left, and the candidates of this pair. */
export function takeEarly(early: Early, pc: string): [Early, readonly Candidate[]] {
  const batch = early.find((each) => each.pc === pc);
  return [early.filter((each) => each !== batch), batch?.candidates ?? []];
}
