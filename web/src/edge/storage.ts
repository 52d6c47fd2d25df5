/**
 * What the browser remembers. Nothing of it is ever in an address.
 *
 * where           what                              why there
 * sessionStorage  the seats: for each room secret,  A tab is a person: a reload of it is the same
 *                 name, and whether we are in it    peer, another tab is another one. (A tab that is
 *                                                   duplicated takes this along. The backend then ends
 *                                                   the older one: `replaced`.)
 * localStorage    the host keys: for each room that A host may close the tab, or come back in another
 *                 this browser created the host     one. Every tab of this browser is host of the room
 *                 token, and the invites that lead  then. Kept until the room ends.
 *                 to it
 * localStorage    the name used last                To fill the form.
 *
 * The address bar may show the name of a room or any invite to it: a record is found by each of them.
 */
import type { HostInvite, HostKey } from "../app/host.js";
import { isSecret, type Seat, type SeatChange } from "../app/seat.js";
import {
  type OpenStorage,
  readRecords,
  readText,
  type Shelf,
  writeRecords,
  writeText,
} from "./records.js";

type Members = Readonly<Record<string, unknown>>;

interface SeatRecord extends Omit<Seat, "host"> {
  /** The codes that lead to the room. */
  readonly codes: readonly string[];
}

interface HostRecord extends HostKey {
  /** The room's name, and every invite that was in its link. */
  readonly codes: readonly string[];
}

const SEATS: Shelf<SeatRecord> = { key: "heliograph.seats", most: 16, parse: parseSeat };
const HOSTS: Shelf<HostRecord> = { key: "heliograph.hosts", most: 32, parse: parseHost };
const NAME_KEY = "heliograph.name";

/** More codes than this are not kept for a room: those not used for longest go first. */
const MOST_CODES = 64;

/** The seat kept for the room to which `code` leads; undefined if there is none. */
export function readSeat(open: OpenStorage, code: string): Omit<Seat, "host"> | undefined {
  const found = readRecords(open, SEATS).find(leadsBy(code));
  if (!found) return undefined;
  const { codes: _, ...seat } = found;
  return seat;
}

/** Changes the seat kept for the room to which `code` leads. A new one needs a secret. */
export function keepSeat(open: OpenStorage, code: string, change: SeatChange): void {
  const seats = readRecords(open, SEATS);
  const { code: more, ...changed } = change;
  const found = seats.find(leadsBy(code)) ?? { codes: [code], inside: false };
  const seat = { ...found, ...changed, codes: withCodes(found.codes, code, more) };
  // A seat by another way into the same room is given up: two invites, two secrets.
  const others = seats.filter((one) => !one.codes.some((has) => seat.codes.includes(has)));
  if (isSeat(seat)) writeRecords(open, SEATS, [seat, ...others]);
}

/** The key to the room to which `code` leads, if this browser is its host and it has not ended. */
export function readHost(open: OpenStorage, code: string, now: number): HostKey | undefined {
  const found = readRecords(open, HOSTS).find(leadsBy(code));
  if (!found || found.endsAt <= now) return undefined;
  const { codes: _, ...host } = found;
  return host;
}

/** Keeps the key to a room that was just created, and forgets the rooms that have ended. */
export function keepHost(open: OpenStorage, host: HostKey, now: number): void {
  const others = readRecords(open, HOSTS).filter(
    ({ room, endsAt }) => room !== host.room && endsAt > now,
  );
  const codes = withCodes([], host.room, host.invite?.code);
  writeRecords(open, HOSTS, [{ ...host, codes }, ...others]);
}

/** Keeps the newest invite of a room; does nothing if this browser is not its host. */
export function keepInvite(open: OpenStorage, room: string, invite: HostInvite): void {
  const hosts = readRecords(open, HOSTS);
  const changed = hosts.map((one) =>
    one.room === room ? { ...one, invite, codes: withCodes(one.codes, room, invite.code) } : one,
  );
  writeRecords(open, HOSTS, changed);
}

/** The name used last, to fill the form; empty if there is none. */
export const readName = (open: OpenStorage): string => readText(open, NAME_KEY) ?? "";

/** Remembers the name for the next visit. */
export const keepName = (open: OpenStorage, name: string): void => writeText(open, NAME_KEY, name);

const leadsBy =
  (code: string) =>
  ({ codes }: { readonly codes: readonly string[] }): boolean =>
    codes.includes(code);

/** The codes with those that were just used at the end. */
function withCodes(codes: readonly string[], ...used: (string | undefined)[]): readonly string[] {
  const last = used.filter((code) => code !== undefined);
  return [...codes.filter((code) => !last.includes(code)), ...last].slice(-MOST_CODES);
}

const isSeat = (seat: Partial<SeatRecord>): seat is SeatRecord => seat.secret !== undefined;

function parseSeat({ codes, secret, name, inside }: Members): SeatRecord | null {
  if (!isTexts(codes) || !isSecret(secret)) return null;
  return { codes, secret, inside: inside === true, ...(typeof name === "string" && { name }) };
}

function parseHost({ codes, room, hostToken, endsAt, invite }: Members): HostRecord | null {
  if (!isTexts(codes) || typeof room !== "string" || typeof hostToken !== "string") return null;
  if (typeof endsAt !== "number") return null;
  return { codes, room, hostToken, endsAt, invite: parseInvite(invite) };
}

function parseInvite(value: unknown): HostInvite | null {
  if (typeof value !== "object" || value === null) return null;
  const { code, usesLeft, endsAt } = value as Members;
  const whole = typeof usesLeft === "number" && typeof endsAt === "number";
  return typeof code === "string" && whole ? { code, usesLeft, endsAt } : null;
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");
