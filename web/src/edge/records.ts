/** A short list of records in a storage of the browser, newest first. */

/**
 * Opens a storage. It is a function because a browser that blocks site data throws as soon as
 * `window.sessionStorage` is read.
 */
export type OpenStorage = () => Pick<Storage, "getItem" | "setItem">;

/** Where a list is, and what is in it. */
export interface Shelf<T> {
  readonly key: string;
  /** More records than this are not kept: the oldest go first. */
  readonly most: number;
  /** A record out of what was stored, perhaps by an older page; null for junk. */
  parse(members: Readonly<Record<string, unknown>>): T | null;
}

/** All records; none if storage is blocked, or holds junk. */
export function readRecords<T>(open: OpenStorage, { key, parse }: Shelf<T>): readonly T[] {
  const list = listOf(readText(open, key));
  return list.flatMap((one) => {
    const record = typeof one === "object" && one !== null ? parse({ ...one }) : null;
    return record === null ? [] : [record];
  });
}

/** Stores the records, the first ones if there are too many. */
export function writeRecords<T>(
  open: OpenStorage,
  { key, most }: Shelf<T>,
  records: readonly T[],
): void {
  writeText(open, key, JSON.stringify(records.slice(0, most)));
}

/** The text under `key`; null if there is none, or storage is blocked. */
export function readText(open: OpenStorage, key: string): string | null {
  try {
    return open().getItem(key);
  } catch {
    return null;
  }
}

/** Stores a text; does nothing where storage is full or blocked: the page works without. */
export function writeText(open: OpenStorage, key: string, value: string): void {
  try {
    open().setItem(key, value);
  } catch {
    // The page works without.
  }
}

function listOf(text: string | null): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
