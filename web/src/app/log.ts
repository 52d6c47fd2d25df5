/** The lines of the chat: messages, and notes about what happens in the room. Pure. */
import type { LeftReason, SentVia } from "@heliograph/client";
import type { Person } from "./events.js";

/** More lines than this are not kept: the oldest go first. */
export const MAX_ENTRIES = 500;

/**
 * How a message of ours fares; one of others is `sent`. `delivered`: all who were there have it.
 * `undelivered`: some or all of them do not, and never will. `failed` with `via: "nobody"`: nobody
 * was there.
 */
export type Delivery = "sending" | "sent" | "failed" | "delivered" | "undelivered";

interface Line {
  /** Grows by one with each line, and is never used twice. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Something that has happened in the room. It has no words: the language of the page may change. */
export type Happening =
  | { readonly type: "joined"; readonly name: string }
  | { readonly type: "left"; readonly name: string; readonly reason: LeftReason }
  /** `ours`: we did it, and not another host. */
  | { readonly type: "lock-changed"; readonly locked: boolean; readonly ours: boolean }
  /** For the host who has removed somebody. */
  | { readonly type: "kicked"; readonly byInvite: boolean };

/** Says that something has happened. */
export interface Note extends Line {
  readonly type: "note";
  readonly what: Happening;
}

/** What a member wrote. */
export interface Message extends Line {
  readonly type: "text";
  readonly text: string;
  /** The peer who wrote it, and the name they had then. */
  readonly from: string;
  readonly name: string;
  readonly mine: boolean;
  readonly via: SentVia;
  readonly delivery: Delivery;
  /** Who was there when it was sent: of one of ours. */
  readonly to?: readonly Person[];
  /** Ids of those who will not get it. */
  readonly missed?: readonly string[];
}

/** One line of the log. */
export type Entry = Note | Message;

/** The newest lines. */
export interface Log {
  /** Oldest first, at most `MAX_ENTRIES`. */
  readonly entries: readonly Entry[];
  /** The id of the next entry. */
  readonly nextEntry: number;
}

/** Nothing has been written yet. */
export const EMPTY_LOG: Log = { entries: [], nextEntry: 0 };

/** Adds a message; its id is `log.nextEntry`. */
export const withMessage = <L extends Log>(log: L, message: Omit<Message, "id" | "type">): L =>
  withEntry(log, { ...message, type: "text", id: log.nextEntry });

/** Adds a note. `at` is in milliseconds since 1970. */
export const withNote = <L extends Log>(log: L, what: Happening, at: number): L =>
  withEntry(log, { type: "note", id: log.nextEntry, at, what });

/** Changes how the message `id` fares; does nothing if it is not in the log any more. */
export function withDelivery<L extends Log>(
  log: L,
  id: number,
  change: Partial<Pick<Message, "delivery" | "via" | "missed">>,
): L {
  const entries = log.entries.map((entry) =>
    entry.id === id && entry.type === "text" ? { ...entry, ...change } : entry,
  );
  return { ...log, entries };
}

function withEntry<L extends Log>(log: L, entry: Entry): L {
  const entries = [...log.entries, entry].slice(-MAX_ENTRIES);
  return { ...log, entries, nextEntry: log.nextEntry + 1 };
}
