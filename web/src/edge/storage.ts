/**
 * What the browser remembers: a seat per room and tab (`sessionStorage`), and the last name
 * (`localStorage`). Tokens are kept here and never in an address.
 */
import type { Seat, SeatChange } from "../app/seat.js";

/**
 * Opens a storage. It is a function because a browser that blocks site data throws as soon as
 * `window.sessionStorage` is read.
 */
export type OpenStorage = () => Pick<Storage, "getItem" | "setItem">;

const MEMBERS = ["name", "token", "hostToken", "invite"] as const;
const NAME_KEY = "heliograph.name";
const seatKey = (room: string): string => `heliograph.room.${room}`;

/** The seat kept for `room`; empty if there is none, it is junk, or storage is blocked. */
export function readSeat(open: OpenStorage, room: string): Seat {
  const kept = parse(read(open, seatKey(room)));
  const seat: Partial<Record<(typeof MEMBERS)[number], string>> = {};
  for (const member of MEMBERS) {
    const value = kept[member];
    if (typeof value === "string") seat[member] = value;
  }
  return seat;
}

/** Adds `change` to what is kept for `room`. Without storage, a reload is a fresh join. */
export function keepSeat(open: OpenStorage, room: string, change: SeatChange): void {
  write(open, seatKey(room), JSON.stringify({ ...readSeat(open, room), ...change }));
}

/** The name used last, to fill the form; empty if there is none. */
export const readName = (open: OpenStorage): string => read(open, NAME_KEY) ?? "";

/** Remembers the name for the next visit. */
export const keepName = (open: OpenStorage, name: string): void => write(open, NAME_KEY, name);

function parse(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function read(open: OpenStorage, key: string): string | null {
  try {
    return open().getItem(key);
  } catch {
    return null;
  }
}

function write(open: OpenStorage, key: string, value: string): void {
  try {
    open().setItem(key, value);
  } catch {
    // Full or blocked: the page works without.
  }
}
