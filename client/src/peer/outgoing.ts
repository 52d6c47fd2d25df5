/** Our messages: each is sent again after 1, 2 and 4 s until it has had its effect. Pure. */
import type { Candidate, Description, Negotiation, Network } from "../wire/protocol.js";
import type { Effect, Sent, State, Step } from "./negotiation-types.js";

/** The pauses before a message is sent again (docs/protocol.md §5). */
export const REPEAT_MS = [1_000, 2_000, 4_000] as const;

/** An offer or answer, its first time. `repeats`: it may be lost. */
export function sendDescription(
  kind: "offer" | "answer",
  seq: number,
  body: Description,
  repeats: boolean,
): { sent: Sent; effects: readonly Effect[] } {
  const sent: Sent = { seq, message: { kind, body }, repeats: 0 };
  return { sent, effects: send(sent, repeats) };
}

/** Candidates that were gathered after the description (RFC 8838 §9). */
export function sendCandidates(s: State, seq: number, candidates: Candidate[]): Step {
  const message: Negotiation = { kind: "candidates", body: { pc: s.pc, candidates } };
  const batch: Sent = { seq, message, repeats: 0 };
  return [{ ...s, batches: s.up ? [] : [...s.batches, batch] }, send(batch, !s.up)];
}

/** Please restart ICE, because of our network or another reason. It is not sent again. */
export function sendRestart(seq: number, pc: string, network?: Network): Effect {
  const body = network === undefined ? { pc } : { pc, network };
  return { type: "send", seq, message: { kind: "restart", body } };
}

/** Please offer again, because this browser has refused what had the seq `refused`. */
export function sendRefusal(pc: string, refused: number): Effect {
  return { type: "send", seq: null, message: { kind: "restart", body: { pc, refused } } };
}

/** May we offer, or: you may. */
export function sendFloor(pc: string, granted: boolean): Effect {
  return { type: "send", seq: null, message: { kind: "floor", body: { pc, granted } } };
}

/** A message that was sent for the first time is sent again, if need be. */
export function repeatFirst(seq: number): Effect {
  return { type: "repeatLater", seq, ms: REPEAT_MS[0] };
}

/** The same message once more: with the same seq, so that it counts once. */
export function resend(sent: Sent | null): readonly Effect[] {
  return sent ? [{ type: "send", seq: sent.seq, message: sent.message }] : [];
}

/** All that has had no effect yet. */
export function resendPending(s: State): readonly Effect[] {
  return pending(s).flatMap(resend);
}

/** The message of this seq was not settled in time. */
export function repeat(s: State, seq: number): Step {
  const sent = pending(s).find((each) => each.seq === seq);
  if (!sent) return [s, []];
  const repeats = sent.repeats + 1;
  const ms = REPEAT_MS[repeats];
  const more = ms === undefined ? [] : [{ type: "repeatLater", seq, ms } as const];
  return [counted(s, seq, repeats), [...resend(sent), ...more]];
}

/** Answers and candidates have had their effect. An offer has had its effect with its answer. */
export function settled(s: State): State {
  return { ...s, answer: s.answer && { ...s.answer, settled: true }, batches: [] };
}

function send({ seq, message }: Sent, repeats: boolean): readonly Effect[] {
  const sent: Effect = { type: "send", seq, message };
  return repeats ? [sent, repeatFirst(seq)] : [sent];
}

function pending({ offer, answer, batches }: State): readonly Sent[] {
  return [...(offer ? [offer] : []), ...(answer && !answer.settled ? [answer] : []), ...batches];
}

function counted(s: State, seq: number, repeats: number): State {
  return {
    ...s,
    offer: s.offer?.seq === seq ? { ...s.offer, repeats } : s.offer,
    answer: s.answer?.seq === seq ? { ...s.answer, repeats } : s.answer,
    batches: s.batches.map((batch) => (batch.seq === seq ? { ...batch, repeats } : batch)),
  };
}
