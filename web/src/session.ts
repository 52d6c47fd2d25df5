/** What this tab remembers about one room. Tokens live here and never in a URL. */
export interface Seat {
  readonly name?: string;
  readonly token?: string;
  readonly hostToken?: string;
  readonly invite?: string;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEYS = ["name", "token", "hostToken", "invite"] as const;
const key = (room: string): string => `heliograph.room.${room}`;

/** The seat kept for this room; empty when there is none or storage is closed to us. */
export function readSeat(store: Store, room: string): Seat {
  let kept: unknown;
  try {
    kept = JSON.parse(store.getItem(key(room)) ?? "{}");
  } catch {
    return {};
  }
  if (typeof kept !== "object" || kept === null) return {};
  const seat: Partial<Record<(typeof KEYS)[number], string>> = {};
  for (const name of KEYS) {
    const value = (kept as Record<string, unknown>)[name];
    if (typeof value === "string") seat[name] = value;
  }
  return seat;
}

/** Adds to what is kept; a member set to undefined is forgotten. */
export function keepSeat(
  store: Store,
  room: string,
  change: { [K in keyof Seat]?: Seat[K] | undefined },
): void {
  const seat = { ...readSeat(store, room), ...change };
  try {
    store.setItem(key(room), JSON.stringify(seat));
  } catch {
    // Storage full or forbidden: the page works, only a reload is a fresh join.
  }
}

const NAME = "heliograph.name";

/** The name used last, to fill the form. */
export function readName(store: Store): string {
  try {
    return store.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}

export function keepName(store: Store, name: string): void {
  try {
    store.setItem(NAME, name);
  } catch {
    // See keepSeat.
  }
}
