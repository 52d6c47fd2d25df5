/** Checks of single JSON values, for the parsers. */
import { MAX_ENVELOPE_BYTES } from "./protocol.js";

/** The JSON value in a text; null on junk. */
export function parseJson(text: unknown): unknown {
  if (typeof text !== "string") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A JSON object whose members are not checked yet. */
export type Json = Record<string, unknown>;

/** The value, if it is a JSON object. */
export function record(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : null;
}

/** The parsed items, if the value is a list of at most `maxItems` and each item can be parsed. */
export function list<T>(
  value: unknown,
  parse: (item: unknown) => T | null,
  maxItems = 256,
): T[] | null {
  if (!Array.isArray(value) || value.length > maxItems) return null;
  const items: T[] = [];
  for (const each of value) {
    const item = parse(each);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

/** How many characters the servers count: code points, not UTF-16 units. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** A string of `min` to `max` characters. */
export function isString(value: unknown, min: number, max: number): value is string {
  if (typeof value !== "string" || value.length < min || value.length > 2 * max) return false;
  return value.length <= max || characters(value) <= max;
}

/** A string of this form. */
export function matches(value: unknown, form: RegExp): value is string {
  return typeof value === "string" && form.test(value);
}

/** A number; not NaN, not infinite. */
export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** An integer from 0 to 2⁵³−1. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True if a JSON value has at most `levels` levels of lists and objects. */
export function isNotDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((item) => isNotDeeperThan(item, levels - 1));
}

/** Do the servers take the envelope, with so many bytes beside it (docs/protocol.md §1)? */
export function fitsServers(envelope: object, besideBytes = 0): boolean {
  return bytes(JSON.stringify(envelope)) + besideBytes <= MAX_ENVELOPE_BYTES;
}

/** How many bytes of UTF-8 the text takes. */
export function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
