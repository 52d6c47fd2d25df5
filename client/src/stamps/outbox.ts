/**
 * Text and data that were sent, and not acknowledged by everyone who was to get them. Pure.
 *
 * | A message | Event | Then |
 * |---|---|---|
 * | – | `sent` | waiting: it is repeated in 1 s |
 * | waiting | `due` | it is repeated; waiting for 2 s, then for 4 s, then resting |
 * | waiting, resting | `taken` by a stamp | the next repeat goes by another stamp |
 * | waiting, resting | `acked`, `left` by the last peer who owes it | out |
 * | waiting, resting | `returned`: a peer who owes it can receive again | waiting, due at once |
 * | waiting, resting | it is 60 s old, or there is no room for it | out: given up |
 *
 * Each pause is up to a tenth longer, so that many messages are not repeated in the same moment.
 * A repeat is the same envelope, so it counts once (`room/seen.ts`), and a message for everyone stays
 * one for everyone.
 */
import type { Envelope } from "../wire/protocol.js";

/** The pauses before a message is sent again (docs/protocol.md §5). */
export const REPEAT_MS: readonly number[] = [1_000, 2_000, 4_000];
const MAX_JITTER = 0.1;
/** A member who is away so long has been dropped, unless its connection works (room/absences.ts). */
export const MAX_AGE_MS = 60_000;
export const MAX_MESSAGES = 256;
/** Of JSON, of all messages together. */
export const MAX_OUTBOX_BYTES = 4_194_304;

/** What is sent. */
export interface Parcel {
  readonly envelope: Envelope;
  /** Its JSON. */
  readonly bytes: number;
  /** Who is to get it. */
  readonly peers: readonly string[];
}

interface Pending {
  readonly envelope: Envelope;
  readonly bytes: number;
  readonly owing: ReadonlySet<string>;
  readonly sentAt: number;
  readonly repeats: number;
  /** Null: it rests. */
  readonly dueAt: number | null;
  /** Stamps that have taken it, without an acknowledgement since. */
  readonly takenBy: ReadonlySet<number>;
}

/** By seq, the oldest first. Immutable. Times are ms of the caller's clock. */
export type Outbox = ReadonlyMap<number, Pending>;

/** A message to send again: the same envelope, best by a stamp that has not taken it. */
export interface Repeat {
  readonly envelope: Envelope;
  readonly owing: readonly string[];
  readonly takenBy: ReadonlySet<number>;
}

export const EMPTY: Outbox = new Map();

/**
 * A message was sent. The oldest are given up where it has no room. `random`: 0 to 1. A message that
 * needs nobody's acknowledgement, or is larger than all that fits, is not kept.
 */
export function sent(outbox: Outbox, parcel: Parcel, now: number, random: number): Outbox {
  const { envelope, bytes, peers } = parcel;
  if (peers.length === 0 || bytes > MAX_OUTBOX_BYTES) return outbox;
  const dueAt = dueIn(0, now, random);
  const first = {
    owing: new Set(peers),
    sentAt: now,
    repeats: 0,
    dueAt,
    takenBy: new Set<number>(),
  };
  return fitted(new Map(outbox).set(envelope.seq, { envelope, bytes, ...first }));
}

/** A stamp has taken the message, which does not say that anybody has it. */
export function taken(outbox: Outbox, seq: number, stamp: number): Outbox {
  const pending = outbox.get(seq);
  if (!pending) return outbox;
  const takenBy = new Set(pending.takenBy).add(stamp);
  return new Map(outbox).set(seq, { ...pending, takenBy });
}

/** `from` has these messages. Seqs that we do not wait for are ignored. */
export function acked(outbox: Outbox, from: string, seqs: readonly number[]): Outbox {
  return seqs.reduce((rest, seq) => settled(rest, seq, from), outbox);
}

/** It is gone: nothing is sent to it any more. */
export function left(outbox: Outbox, peer: string): Outbox {
  return [...outbox.keys()].reduce((rest, seq) => settled(rest, seq, peer), outbox);
}

/**
 * It can receive again, or at another stamp (`receives` of presence-types.ts): what it owes is due now,
 * and is repeated as often as in the beginning.
 */
export function returned(outbox: Outbox, peer: string, now: number): Outbox {
  const revive = (pending: Pending) =>
    pending.owing.has(peer)
      ? { ...pending, dueAt: now, repeats: 0, takenBy: new Set<number>() }
      : pending;
  return new Map([...outbox].map(([seq, pending]) => [seq, revive(pending)]));
}

/** What is to be sent again, and what is left then. `random` answers 0 to 1. */
export function due(
  outbox: Outbox,
  now: number,
  random: () => number,
): readonly [Outbox, readonly Repeat[]] {
  const repeats: Repeat[] = [];
  const rest = new Map<number, Pending>();
  for (const [seq, pending] of outbox) {
    if (now >= pending.sentAt + MAX_AGE_MS) continue;
    const isDue = pending.dueAt !== null && pending.dueAt <= now;
    rest.set(seq, isDue ? repeated(pending, now, random()) : pending);
    if (isDue) {
      const { envelope, owing, takenBy } = pending;
      repeats.push({ envelope, owing: [...owing], takenBy });
    }
  }
  return [rest, repeats];
}

/** When something happens next: a repeat, or the end of a message. Null if the outbox is empty. */
export function nextDueAt(outbox: Outbox): number | null {
  const times = [...outbox.values()].map(({ dueAt, sentAt }) =>
    Math.min(dueAt ?? Number.POSITIVE_INFINITY, sentAt + MAX_AGE_MS),
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** The repeat of one time more; after the last of them it rests. */
function repeated(pending: Pending, now: number, random: number): Pending {
  const repeats = pending.repeats + 1;
  return { ...pending, repeats, dueAt: dueIn(repeats, now, random) };
}

function dueIn(repeats: number, now: number, random: number): number | null {
  const ms = REPEAT_MS[repeats];
  return ms === undefined ? null : now + ms * (1 + random * MAX_JITTER);
}

/** `peer` owes nothing more for this message; without anybody who does, it is out. */
function settled(outbox: Outbox, seq: number, peer: string): Outbox {
  const pending = outbox.get(seq);
  if (!pending?.owing.has(peer)) return outbox;
  const owing = new Set(pending.owing);
  owing.delete(peer);
  const rest = new Map(outbox);
  if (owing.size > 0) rest.set(seq, { ...pending, owing });
  else rest.delete(seq);
  return rest;
}

/** Without the oldest, until the others have room. */
function fitted(outbox: Map<number, Pending>): Outbox {
  let total = [...outbox.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  for (const [seq, { bytes }] of outbox) {
    if (outbox.size <= MAX_MESSAGES && total <= MAX_OUTBOX_BYTES) break;
    outbox.delete(seq);
    total -= bytes;
  }
  return outbox;
}
