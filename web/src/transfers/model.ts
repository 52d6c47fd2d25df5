/**
 * The files of a room, and how each event changes them. Pure.
 *
 * | Files are given | then |
 * |---|---|
 * | nobody else is here | they wait, and are offered to whoever comes first |
 * | one other person is here | they are offered to them |
 * | several are here | the page asks to whom |
 */
import type { ErrorCode, TransferState } from "@heliograph/client";

/** A file to send, with its folders. */
export interface Picked {
  readonly file: Blob;
  readonly path: string;
}

/** One transfer, as the page shows it. */
export interface FileRow {
  readonly id: string;
  readonly direction: "up" | "down";
  /** The other side. */
  readonly peer: string;
  readonly who: string;
  readonly name: string;
  readonly path: string;
  /** Bytes; null if that is not known. */
  readonly size: number | null;
  readonly bytes: number;
  readonly state: TransferState;
  readonly interrupted: boolean;
  readonly relayed: boolean;
  /** What relays are meant to carry; null if that is not said, or the way is direct. */
  readonly relayBytes: number | null;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
  /** Why it did not work. */
  readonly code: ErrorCode | null;
}

/** Somebody who can get files. */
export interface Receiver {
  readonly id: string;
  readonly name: string;
}

export interface Files {
  /** Newest last. */
  readonly rows: readonly FileRow[];
  /** For whoever comes first. */
  readonly waiting: readonly Picked[];
  /** Until it is said for whom. */
  readonly choosing: readonly Picked[];
  readonly people: readonly Receiver[];
  /** Files could not be offered. */
  readonly problem: ErrorCode | null;
}

export const NO_FILES: Files = { rows: [], waiting: [], choosing: [], people: [], problem: null };

export type FilesEvent =
  | { readonly type: "picked"; readonly files: readonly Picked[] }
  /** `to`: null for everyone. */
  | { readonly type: "chosen"; readonly to: string | null }
  | { readonly type: "choice-cancelled" }
  | { readonly type: "people-changed"; readonly people: readonly Receiver[] }
  | { readonly type: "moved"; readonly row: FileRow }
  | { readonly type: "dismissed"; readonly id: string }
  | { readonly type: "not-sent"; readonly code: ErrorCode }
  | { readonly type: "problem-dismissed" };

/** What is asked of the SDK. */
export interface Send {
  readonly files: readonly Picked[];
  /** Absent for everyone. */
  readonly to?: string;
}

/** More rows than this are not kept: those that have ended go first. */
export const MAX_ROWS = 500;

/** The files after `event`, and what is to be sent. */
export function stepFiles(files: Files, event: FilesEvent): readonly [Files, Send | null] {
  switch (event.type) {
    case "picked":
      return given(files, event.files);
    case "chosen":
      return [{ ...files, choosing: [] }, sending(files.choosing, event.to)];
    case "choice-cancelled":
      return [{ ...files, choosing: [] }, null];
    case "people-changed":
      return changedPeople(files, event.people);
    case "moved":
      return [{ ...files, rows: withRow(files.rows, event.row) }, null];
    case "dismissed":
      return [{ ...files, rows: files.rows.filter(({ id }) => id !== event.id) }, null];
    case "not-sent":
      return [{ ...files, problem: event.code }, null];
    case "problem-dismissed":
      return [{ ...files, problem: null }, null];
  }
}

export const hasEnded = ({ state }: FileRow): boolean =>
  state === "done" || state === "failed" || state === "declined" || state === "cancelled";

/** It would be lost if the page were closed. */
export const isUnderWay = (row: FileRow): boolean =>
  !hasEnded(row) && !(row.direction === "down" && row.state === "offered");

/** From 0 to 1; 0 where that cannot be said. */
export const progressOf = ({ bytes, size, state }: FileRow): number => {
  if (state === "done") return 1;
  return size === null || size === 0 ? 0 : Math.min(1, bytes / size);
};

function given(files: Files, picked: readonly Picked[]): readonly [Files, Send | null] {
  const [first, ...others] = files.people;
  if (picked.length === 0) return [files, null];
  if (!first) return [{ ...files, waiting: [...files.waiting, ...picked] }, null];
  if (others.length === 0) return [files, { files: picked, to: first.id }];
  return [{ ...files, choosing: [...files.choosing, ...picked] }, null];
}

function sending(files: readonly Picked[], to: string | null): Send | null {
  if (files.length === 0) return null;
  return to === null ? { files } : { files, to };
}

function changedPeople(files: Files, people: readonly Receiver[]): readonly [Files, Send | null] {
  const [first] = people;
  const next = { ...files, people, rows: files.rows.map((row) => renamed(row, people)) };
  if (!first || files.waiting.length === 0) return [next, null];
  return [
    { ...next, waiting: [] },
    { files: files.waiting, to: first.id },
  ];
}

/** A name can arrive after its member; of somebody who is gone the last one is kept. */
function renamed(row: FileRow, people: readonly Receiver[]): FileRow {
  const name = people.find(({ id }) => id === row.peer)?.name ?? "";
  return name === "" || name === row.who ? row : { ...row, who: name };
}

function withRow(rows: readonly FileRow[], row: FileRow): readonly FileRow[] {
  const known = rows.find(({ id }) => id === row.id);
  const named = known && row.who === "" ? { ...row, who: known.who } : row; // who is gone has no name
  const next = known ? rows.map((one) => (one === known ? named : one)) : [...rows, row];
  if (next.length <= MAX_ROWS) return next;
  const oldest = next.find(hasEnded) ?? next[0];
  return next.filter((one) => one !== oldest);
}
