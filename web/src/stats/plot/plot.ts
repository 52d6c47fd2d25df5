/** A plot and the table behind it, as values: no DOM, no chart library. */

import { words } from "../../words/stats.js";
import type { Summary, Withheld } from "../answer/summary.js";
import type { Format } from "../model/format.js";
import { type Period, periodsOf } from "../model/period.js";

/** The five plots of the page. */
export type PlotId = "calls" | "connect" | "paths" | "success" | "cost";

/** A colour with its own pattern, or a line with its own dash: for readers who see no colours. */
export type Look =
  | "sun"
  | "plain"
  | "stripes"
  | "dots"
  | "backstripes"
  | "rows"
  | "line"
  | "dashed";

/** The name of a series and its sample in the legend. */
export interface Key {
  readonly label: string;
  readonly look: Look;
}

/** One row of values, oldest first; null is a gap. */
export interface Series extends Key {
  /** Index into `Plot.axes`. */
  readonly axis: number;
  readonly values: readonly Withheld[];
}

/** A vertical axis. */
export interface Axis {
  readonly title: string;
  /** Where the axis begins, and where it ends if that does not depend on the values. */
  readonly least: number;
  readonly most?: number;
  /** Writes a value on the axis, short. */
  tick(value: number): string;
  /** Writes a value in tooltips and tables. */
  write(value: number): string;
}

/** The numbers of a plot as text. */
export interface Table {
  readonly caption: string;
  readonly heads: readonly string[];
  /** The first cell of each is its header. Newest first. */
  readonly rows: readonly (readonly string[])[];
}

/** Everything that is drawn and said of a plot. */
export interface Plot {
  readonly id: PlotId;
  /** What there is to see, for users who do not see it. */
  readonly summary: string;
  /** A sentence under the plot, or empty. */
  readonly remark: string;
  readonly stacked: boolean;
  /** For each column: its name on the axis, and its whole name. */
  readonly ticks: readonly string[];
  readonly titles: readonly string[];
  readonly series: readonly Series[];
  /** One or two; the first is drawn above the second. */
  readonly axes: readonly [Axis, ...Axis[]];
  readonly table: Table;
  /** No value in it is known. */
  readonly blank: boolean;
}

/** What all plots of an answer have in common. */
export interface Frame {
  readonly format: Format;
  readonly periods: readonly Period[];
  readonly k: string;
  /** What a column is. */
  readonly each: Period["length"];
}

/** `format` writes the numbers of the reader. */
export function frameOf(summary: Summary, format: Format): Frame {
  const periods = periodsOf(summary);
  return { format, periods, k: format.count(summary.k), each: periods[0]?.length ?? "day" };
}

/** Reads the value of a column. */
export type Read = (one: Period) => Withheld;

/** Reads a series. `axis` is its place in `Plot.axes`. */
export function series({ periods }: Frame, key: Key, read: Read, axis = 0): Series {
  return { ...key, axis, values: periods.map(read) };
}

interface Parts extends Pick<Plot, "id" | "axes" | "series"> {
  readonly caption: string;
  readonly remark?: string;
  readonly stacked?: boolean;
  /** The words for a missing value, and for a plot without any. By default: too few calls. */
  readonly missing?: readonly [cell: string, plot: string];
  /** Columns that only the table has. */
  readonly more?: readonly Series[];
}

/** Puts a plot together with its table and its words. */
export function plotOf(frame: Frame, parts: Parts): Plot {
  const { caption, more = [], missing, remark = "", stacked = false, ...rest } = parts;
  const { format, periods, k } = frame;
  const [noCell, noPlot] = missing ?? [words.withheld.tooFew(k), words.withheld.why(k)];
  const columns = [...rest.series, ...more].map((one) => columnOf(one, rest.axes, noCell));
  const titles = periods.map((one) => titleOf(one, format));
  const blank = rest.series.every(({ values }) => values.every((value) => value === null));
  return {
    ...rest,
    remark,
    stacked,
    titles,
    blank,
    ticks: periods.map((one) => format.day(one.day)),
    summary: blank ? noPlot : [`${caption}.`, ...columns.map((one) => one.span)].join(" ").trim(),
    table: tableOf(frame, caption, titles, columns),
  };
}

function tableOf(
  { each }: Frame,
  caption: string,
  titles: readonly string[],
  columns: readonly Column[],
): Table {
  const heads = [words.plots.heads[each], ...columns.map(({ label }) => label)];
  const rows = titles.map((title, at) => [title, ...columns.map(({ cells }) => cells[at] ?? "")]);
  return { caption, heads, rows: rows.reverse() };
}

interface Column {
  readonly label: string;
  readonly cells: readonly string[];
  /** Such as `Calls: 100 to 106.`, or empty. */
  readonly span: string;
}

function titleOf({ day, length, running }: Period, format: Format): string {
  const name = length === "day" ? format.date(day) : words.plots.week(format.date(day));
  return running ? words.plots.soFar(name) : name;
}

/** A series in words: each value, and the lowest and highest. */
function columnOf({ label, values, axis }: Series, axes: Plot["axes"], missing: string): Column {
  const { write } = axes[axis] ?? axes[0];
  const known = values.filter((value) => value !== null);
  const [least, most] = [write(Math.min(...known)), write(Math.max(...known))];
  const span = least === most ? least : words.plots.span(least, most);
  return {
    label,
    cells: values.map((value) => (value === null ? missing : write(value))),
    span: known.length ? `${label}: ${span}.` : "",
  };
}
