/** The columns of a plot: the days of a range without gaps, or its weeks if it is long. Pure. */
import {
  CANDIDATE_TYPES,
  type Day,
  PHASES,
  type Summary,
  type Withheld,
} from "../answer/summary.js";

const DAY_MS = 86_400_000;
const DAYS_OF_WEEK = 7;
/** A range of more days is drawn in weeks: single columns would be too thin to point at. */
const MAX_DAY_COLUMNS = 120;

/** A column of a plot: a day, or a week named by its first day. */
export interface Period extends Day {
  readonly length: "day" | "week";
  /** It contains today, which is not over. */
  readonly running: boolean;
}

/** Oldest first. */
export function periodsOf(summary: Summary): Period[] {
  const days = filled(summary);
  if (days.length <= MAX_DAY_COLUMNS) return days;
  // Whole weeks, counted back from the newest day: a week of one day would look like a week of few calls.
  const weeks = Math.floor(days.length / DAYS_OF_WEEK);
  const rest = days.length - weeks * DAYS_OF_WEEK;
  return Array.from({ length: weeks }, (_, index) =>
    weekOf(days.slice(rest + index * DAYS_OF_WEEK, rest + (index + 1) * DAYS_OF_WEEK)),
  );
}

/** The newest day that is shown is today. */
export const isRunning = ({ asOf, latest }: Summary): boolean => latest.day === nameOf(asOf);

const nameOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * Every day of the range up to the newest one that is shown. A day that the answer does not have is
 * withheld, or had no calls.
 */
function filled(summary: Summary): Period[] {
  const { days, asOf, daily, latest } = summary;
  const known = new Map(daily.map((day) => [day.day, day]));
  const names = Array.from({ length: days }, (_, at) => nameOf(asOf - (days - 1 - at) * DAY_MS));
  return names
    .filter((name) => name <= latest.day)
    .map((name) => ({
      ...(known.get(name) ?? unknownDay(name)),
      length: "day",
      running: isRunning(summary) && name === latest.day,
    }));
}

function unknownDay(day: string): Day {
  return {
    day,
    calls: null,
    peers: null,
    success: null,
    p50: null,
    p95: null,
    phases: { admit: null, signal: null, ice: null, dtls: null, open: null },
    candidateTypes: { host: null, srflx: null, prflx: null, relay: null },
    cost: null,
  };
}

type Read = (day: Day) => Withheld;

/**
 * Counts are added, and shares are weighted by calls. Of times there are only the medians of the
 * days: the week shows the middle one.
 */
function weekOf(days: readonly Period[]): Period {
  const middle = (read: Read): Withheld => median(known(days, read));
  const weighted = (read: Read): Withheld => average(days, read);
  return {
    day: days[0]?.day ?? "",
    length: "week",
    running: days.some((day) => day.running),
    calls: sum(known(days, (day) => day.calls)),
    peers: sum(known(days, (day) => day.peers)),
    success: weighted((day) => day.success),
    p50: middle((day) => day.p50),
    p95: middle((day) => day.p95),
    phases: each(PHASES, (name) => middle((day) => day.phases[name])),
    candidateTypes: each(CANDIDATE_TYPES, (name) => weighted((day) => day.candidateTypes[name])),
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
