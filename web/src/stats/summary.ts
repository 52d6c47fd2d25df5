/** What `GET /api/stats` answers (protocol §3), parsed once at the edge. */
export const PHASES = ["admit", "signal", "ice", "dtls", "open"] as const;
export type Phase = (typeof PHASES)[number];
export const PATHS = ["host", "srflx", "prflx", "relay"] as const;
export type Path = (typeof PATHS)[number];

/** null where fewer than `k`: withheld, so that nobody is told apart. */
export type Withheld = number | null;

export interface Count {
  readonly calls: Withheld;
  readonly peers: Withheld;
}

/** Milliseconds. */
export interface Spread {
  readonly p50: Withheld;
  readonly p95: Withheld;
}

export interface Day extends Count, Spread {
  /** `2027-03-09`, UTC. */
  readonly day: string;
  /** 0–1. */
  readonly success: Withheld;
  /** The median of each, ms. */
  readonly phases: Readonly<Record<Phase, Withheld>>;
  /** Shares; they need not add up to 1, because small groups are left out. */
  readonly paths: Readonly<Record<Path, Withheld>>;
  /** Of the whole day, in the summary's currency. */
  readonly cost: Withheld;
}

export interface Summary {
  readonly days: number;
  readonly k: number;
  /** ms since 1970. */
  readonly asOf: number;
  readonly demo: boolean;
  readonly today: Count;
  readonly total: Count;
  readonly success: Withheld;
  readonly phases: Readonly<Record<Phase | "total", Spread>>;
  readonly paths: readonly { readonly path: string; readonly share: number }[];
  readonly failures: readonly { readonly outcome: string; readonly count: number }[];
  readonly relayBytes: Withheld;
  readonly bytes: Withheld;
  readonly cost: { readonly per1000: Withheld; readonly currency: string } | null;
  /** Oldest first, each day once. */
  readonly daily: readonly Day[];
}

/** Thrown inside this file only. */
class Junk extends Error {}

/** null unless every member we use is what the protocol says; others are ignored. */
export function parseSummary(json: unknown): Summary | null {
  try {
    return summary(json);
  } catch (error) {
    if (error instanceof Junk) return null;
    throw error;
  }
}

function summary(json: unknown): Summary {
  const a = object(json);
  if (typeof a.demo !== "boolean") throw new Junk();
  const phases = object(a.phases);
  return {
    days: whole(a.days, 1),
    k: whole(a.k, 1),
    asOf: whole(a.asOf, 0),
    demo: a.demo,
    today: count(object(a.today)),
    total: count(object(a.total)),
    success: share(a.success),
    phases: record([...PHASES, "total"], (name) => spread(phases[name])),
    paths: list(a.paths, (one) => ({ path: text(one.path), share: present(share(one.share)) })),
    failures: list(a.failures, (one) => ({
      outcome: text(one.outcome),
      count: whole(one.count, 0),
    })),
    relayBytes: amount(a.relayBytes),
    bytes: amount(a.bytes),
    cost: a.cost == null ? null : cost(object(a.cost)),
    daily: inOrder(list(a.daily, day)),
  };
}

function day(a: Members): Day {
  const phases = a.phases == null ? {} : object(a.phases);
  const paths = a.paths == null ? {} : object(a.paths);
  return {
    day: date(a.day),
    ...count(a),
    success: share(a.success),
    ...spread(a),
    phases: record(PHASES, (name) => amount(phases[name])),
    paths: record(PATHS, (name) => share(paths[name])),
    cost: amount(a.cost),
  };
}

type Members = Readonly<Record<string, unknown>>;

function object(value: unknown): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Junk();
  return value as Members;
}

function list<T>(value: unknown, read: (one: Members) => T): T[] {
  if (!Array.isArray(value) || value.length > 1_000) throw new Junk();
  return value.map((one) => read(object(one)));
}

function record<K extends string, V>(names: readonly K[], read: (name: K) => V): Record<K, V> {
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<K, V>;
}

function amount(value: unknown): Withheld {
  if (value == null) return null;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) throw new Junk();
  return value;
}

function present(value: Withheld): number {
  if (value === null) throw new Junk();
  return value;
}

function whole(value: unknown, least: number): number {
  const number = present(amount(value));
  if (!Number.isSafeInteger(number) || number < least) throw new Junk();
  return number;
}

function share(value: unknown): Withheld {
  const number = amount(value);
  if (number !== null && number > 1.000_001) throw new Junk(); // rounding may go a little over
  return number === null ? null : Math.min(number, 1);
}

function count(a: Members): Count {
  const read = (value: unknown): Withheld => (value == null ? null : whole(value, 0));
  return { calls: read(a.calls), peers: read(a.peers) };
}

function spread(value: unknown): Spread {
  if (value == null) return { p50: null, p95: null };
  const a = object(value);
  return { p50: amount(a.p50), p95: amount(a.p95) };
}

function cost(a: Members): NonNullable<Summary["cost"]> {
  const currency = text(a.currency);
  if (!/^[A-Z]{3}$/.test(currency)) throw new Junk(); // ISO 4217: Intl throws for others
  return { per1000: amount(a.per1000), currency };
}

function text(value: unknown): string {
  if (typeof value !== "string" || value === "" || value.length > 64) throw new Junk();
  return value;
}

function date(value: unknown): string {
  const day = text(value);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) throw new Junk();
  return day;
}

function inOrder(days: Day[]): Day[] {
  const sorted = days.sort((a, b) => (a.day < b.day ? -1 : 1));
  if (sorted.some((one, index) => one.day === sorted[index + 1]?.day)) throw new Junk();
  return sorted;
}
