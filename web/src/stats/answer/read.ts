/**
 * Reads single values of an answer. Each function takes what JSON holds and returns the value, or
 * throws `Malformed`. Only `parse.ts` uses them, and it lets no `Malformed` out.
 */
import type { Cost, Count, Percentiles, Withheld } from "./summary.js";

/** The answer is not what the protocol says. */
export class Malformed extends Error {}

/** The members of a JSON object, not checked yet. */
export type Members = Readonly<Record<string, unknown>>;

const MAX_LIST = 1_000;
const MAX_TEXT_CHARACTERS = 64;
/** Shares that were rounded can add up to a little more than 1. */
const ROUNDING = 1e-6;

/** An object, and not a list. */
export function object(value: unknown): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed();
  return value as Members;
}

/** A list of at most 1,000 objects. */
export function list<T>(value: unknown, read: (one: Members) => T): T[] {
  if (!Array.isArray(value) || value.length > MAX_LIST) throw new Malformed();
  return value.map((one) => read(object(one)));
}

/** An object with exactly these members, each read by `read`. */
export function record<K extends string, V>(
  names: readonly K[],
  read: (name: K) => V,
): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<K, V>;
}

/** A number, 0 or more; null where it is withheld or missing. */
export function amount(value: unknown): Withheld {
  if (value == null) return null;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) throw new Malformed();
  return value;
}

/** A number that must not be withheld. */
export function required(value: Withheld): number {
  if (value === null) throw new Malformed();
  return value;
}

/** A whole number, `least` or more. */
export function whole(value: unknown, least: number): number {
  const number = required(amount(value));
  if (!Number.isSafeInteger(number) || number < least) throw new Malformed();
  return number;
}

/** 0–1, or null. */
export function share(value: unknown): Withheld {
  const number = amount(value);
  if (number === null) return null;
  if (number > 1 + ROUNDING) throw new Malformed();
  return Math.min(number, 1);
}

/** `{calls, peers}`, each a whole number or null. */
export function count({ calls, peers }: Members): Count {
  const read = (value: unknown): Withheld => (value == null ? null : whole(value, 0));
  return { calls: read(calls), peers: read(peers) };
}

/** `{p50, p95}`; both null where the answer has nothing. */
export function percentiles(value: unknown): Percentiles {
  if (value == null) return { p50: null, p95: null };
  const { p50, p95 } = object(value);
  return { p50: amount(p50), p95: amount(p95) };
}

/** null where the answer has no prices. `Intl.NumberFormat` throws for what is not ISO 4217. */
export function cost(value: unknown): Cost | null {
  if (value == null) return null;
  const members = object(value);
  const currency = text(members.currency);
  if (!/^[A-Z]{3}$/.test(currency)) throw new Malformed();
  return { per1000: amount(members.per1000), currency };
}

/** 1–64 characters. */
export function text(value: unknown): string {
  if (typeof value !== "string" || value === "" || value.length > MAX_TEXT_CHARACTERS)
    throw new Malformed();
  return value;
}

/** A day of the calendar, as `2027-03-09`. */
export function date(value: unknown): string {
  const day = text(value);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) throw new Malformed();
  return day;
}
