/** The days of a range without gaps; a long range in weeks, because a phone has no 365 columns. */
import { type Day, PATHS, PHASES, type Summary, type Withheld } from "./summary.js";

const DAY = 86_400_000;
const WEEK = 7;
const LONG = 120; // more columns than this nobody can point at

/** A column of a plot: a day, or a week named by its first day. */
export interface Period extends Day {
  readonly length: "day" | "week";
  /** Today is in it, and not over. */
  readonly running: boolean;
}

export function periodsOf(summary: Summary): Period[] {
  const days = filled(summary);
  if (days.length <= LONG) return days;
  // Whole weeks, counted back from today: a first week of one day would look like a bad one.
  const weeks = Math.floor(days.length / WEEK);
  const rest = days.length - weeks * WEEK;
  return Array.from({ length: weeks }, (_, index) =>
    weekOf(days.slice(rest + index * WEEK, rest + (index + 1) * WEEK)),
  );
}

/** Every day up to today; one that the answer does not name is withheld, or nothing happened. */
function filled({ days, asOf, daily }: Summary): Period[] {
  const known = new Map(daily.map((day) => [day.day, day]));
  const today = Math.floor(asOf / DAY) * DAY;
  return Array.from({ length: days }, (_, index) => {
    const back = days - 1 - index;
    const name = new Date(today - back * DAY).toISOString().slice(0, 10);
    return { ...(known.get(name) ?? nothing(name)), length: "day", running: back === 0 };
  });
}

function nothing(day: string): Day {
  return {
    day,
    calls: null,
    peers: null,
    success: null,
    p50: null,
    p95: null,
    phases: { admit: null, signal: null, ice: null, dtls: null, open: null },
    paths: { host: null, srflx: null, prflx: null, relay: null },
    cost: null,
  };
}

type Read = (day: Day) => Withheld;

/** Counts are added, shares weighed by calls; of times we have only medians: their middle one. */
function weekOf(days: readonly Period[]): Period {
  const middle = (read: Read): Withheld => median(known(days, read));
  const weighed = (read: Read): Withheld => average(days, read);
  return {
    day: days[0]?.day ?? "",
    length: "week",
    running: days.some((day) => day.running),
    calls: sum(known(days, (day) => day.calls)),
    peers: sum(known(days, (day) => day.peers)),
    success: weighed((day) => day.success),
    p50: middle((day) => day.p50),
    p95: middle((day) => day.p95),
    phases: each(PHASES, (name) => middle((day) => day.phases[name])),
    paths: each(PATHS, (name) => weighed((day) => day.paths[name])),
    cost: sum(known(days, (day) => day.cost)),
  };
}

const known = (days: readonly Day[], read: Read): number[] =>
  days.map(read).filter((value) => value !== null);

const sum = (values: readonly number[]): Withheld =>
  values.length ? values.reduce((all, one) => all + one, 0) : null;

function median(values: readonly number[]): Withheld {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function average(days: readonly Day[], read: Read): Withheld {
  let [all, weight] = [0, 0];
  for (const day of days) {
    const value = read(day);
    if (value === null || !day.calls) continue;
    all += value * day.calls;
    weight += day.calls;
  }
  return weight ? all / weight : null;
}

const each = <K extends string, V>(names: readonly K[], read: (name: K) => V): Record<K, V> =>
  Object.fromEntries(names.map((name) => [name, read(name)])) as Record<K, V>;
