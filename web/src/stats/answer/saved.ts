/** Keeps the last answer to each range, to show it while the backend is away. */

/** A kept answer. */
export interface Saved {
  readonly etag: string | null;
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
  /** As it came. Parse it again: an older version of this page may have kept it. */
  readonly answer: unknown;
}

/** A function, because a browser that blocks site data throws as soon as storage is read. */
export type OpenStorage = () => Pick<Storage, "getItem" | "setItem">;

const key = (days: number): string => `heliograph.stats.${days}`;

/** null if nothing was kept, it is junk, or storage is blocked. */
export function readSaved(open: OpenStorage, days: number): Saved | null {
  try {
    const saved = JSON.parse(open().getItem(key(days)) ?? "null") as Partial<Saved> | null;
    if (typeof saved?.at !== "number" || !("answer" in saved)) return null;
    const etag = typeof saved.etag === "string" ? saved.etag : null;
    return { at: saved.at, answer: saved.answer, etag };
  } catch {
    return null;
  }
}

/** Keeps an answer. Does nothing if storage is full or blocked. */
export function save(open: OpenStorage, days: number, saved: Saved): void {
  try {
    open().setItem(key(days), JSON.stringify(saved));
  } catch {
    // The page works without: only an outage leaves it empty.
  }
}
