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
 * | waiting, resting | it is 60 s old, or there is no room for it | given up |
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

/** What `due` answers. `givenUp`: the seqs of messages that nobody will repeat. */
export interface Due {
  readonly outbox: Outbox;
  readonly repeats: readonly Repeat[];
  readonly givenUp: readonly number[];
}

export const EMPTY: Outbox = new Map();
