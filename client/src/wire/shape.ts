/** What a value is: the smallest questions of the parsers. */

export type Json = Record<string, unknown>;

export function record(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : null;
}

export function list<T>(
  value: unknown,
  parse: (item: unknown) => T | null,
  most = 256,
): T[] | null {
  if (!Array.isArray(value) || value.length > most) return null;
  const items: T[] = [];
  for (const each of value) {
    const item = parse(each);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

/** Characters are counted as the servers count them: code points, not UTF-16 units. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

export function isString(value: unknown, least: number, most: number): value is string {
  if (typeof value !== "string" || value.length < least || value.length > 2 * most) return false;
  return value.length <= most || characters(value) <= most;
}

export function matches(value: unknown, form: RegExp): value is string {
  return typeof value === "string" && form.test(value);
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True if a JSON value has at most `levels` levels of lists and objects. */
export function isNotDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((item) => isNotDeeperThan(item, levels - 1));
}

export function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
