/**
 * What we have received and not acknowledged yet. Pure.
 *
 * Each `text` and `data` counts, a repeated one too: its first acknowledgement may be lost. The seqs
 * of one sender go together, 200 ms after the first of them, or at once when there are 64.
 */

/** How long a seq waits for others. */
export const GATHER_MS = 200;
/** What one envelope takes (docs/protocol.md §1). */
export const MAX_BATCH_SEQS = 64;
/** Of one sender, while its batch waits. What is above is acknowledged when it comes again. */
const MAX_WAITING_SEQS = 1_024;

interface Owed {
  readonly seqs: ReadonlySet<number>;
  /** ms of the caller's clock. */
  readonly dueAt: number;
}

/** By sender. Immutable. */
export type Acks = ReadonlyMap<string, Owed>;

/** One `ack` to send. */
export interface Batch {
  readonly to: string;
  /** 1–64. */
  readonly seqs: readonly number[];
}

export const NO_ACKS: Acks = new Map();

/** A text or data of `from` has come, for the first time or again. `now`: ms. */
export function received(acks: Acks, from: string, seq: number, now: number): Acks {
  const before = acks.get(from) ?? { seqs: new Set<number>(), dueAt: now + GATHER_MS };
  if (before.seqs.size >= MAX_WAITING_SEQS) return acks;
  const seqs = new Set(before.seqs).add(seq);
  const dueAt = seqs.size >= MAX_BATCH_SEQS ? Math.min(now, before.dueAt) : before.dueAt;
  return new Map(acks).set(from, { seqs, dueAt });
}

/** What is to be sent now, and what waits on. */
export function acksDue(acks: Acks, now: number): readonly [Acks, readonly Batch[]] {
  const due = [...acks].filter(([, { dueAt }]) => dueAt <= now);
  if (due.length === 0) return [acks, []];
  const batches = due.flatMap(([to, { seqs }]) =>
    split([...seqs]).map((part) => ({ to, seqs: part })),
  );
  return [new Map([...acks].filter(([, { dueAt }]) => dueAt > now)), batches];
}

/** When something is due next; null if nothing waits. */
export function nextAckAt(acks: Acks): number | null {
  const times = [...acks.values()].map(({ dueAt }) => dueAt);
  return times.length === 0 ? null : Math.min(...times);
}

/** It is gone: nothing is owed to it. */
export function withoutAcksTo(acks: Acks, peer: string): Acks {
  return new Map([...acks].filter(([from]) => from !== peer));
}

function split(seqs: readonly number[]): number[][] {
  const parts = Math.ceil(seqs.length / MAX_BATCH_SEQS);
  return Array.from({ length: parts }, (_, n) =>
    seqs.slice(n * MAX_BATCH_SEQS, (n + 1) * MAX_BATCH_SEQS),
  );
}
