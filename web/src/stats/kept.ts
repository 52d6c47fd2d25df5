/** The last answer to each range, so that the page has something to show while the backend is away. */
export interface Kept {
  readonly etag: string | null;
  /** When it came, ms. */
  readonly at: number;
  /** As it came: it is parsed again, since an older page may have kept it. */
  readonly answer: unknown;
}

type Store = Pick<Storage, "getItem" | "setItem">;

const key = (days: number): string => `heliograph.stats.${days}`;

export function readKept(store: () => Store, days: number): Kept | null {
  try {
    const kept = JSON.parse(store().getItem(key(days)) ?? "null") as Partial<Kept> | null;
    if (typeof kept?.at !== "number" || !("answer" in kept)) return null;
    return {
      at: kept.at,
      answer: kept.answer,
      etag: typeof kept.etag === "string" ? kept.etag : null,
    };
  } catch {
    return null;
  }
}

export function keep(store: () => Store, days: number, kept: Kept): void {
  try {
    store().setItem(key(days), JSON.stringify(kept));
  } catch {
    // Storage full or forbidden: the page works, only an outage leaves it empty.
  }
}
