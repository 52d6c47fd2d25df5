/** A plot and the table behind it, as values: no DOM, no chart library. */
import type { Format } from "./format.js";
import { type Period, periodsOf } from "./period.js";
import type { Summary, Withheld } from "./summary.js";
import { tooFew, whyTooFew } from "./words.js";

export type PlotId = "calls" | "connect" | "paths" | "success" | "cost";

/** A colour with its own pattern, or a line with its own dash: colour never stands alone. */
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

export interface Series extends Key {
  /** Index into `Plot.axes`. */
  readonly axis: number;
  readonly values: readonly Withheld[];
}

export interface Axis {
  readonly title: string;
  readonly least: number;
  readonly most?: number;
  /** On the axis: short. */
  tick(value: number): string;
  /** In tooltips and tables: exact. */
  write(value: number): string;
}

export interface Table {
  readonly caption: string;
  readonly heads: readonly string[];
  /** The first cell of each is its header. Newest first. */
  readonly rows: readonly (readonly string[])[];
}

export interface Plot {
  readonly id: PlotId;
  /** What there is to see, for who does not see it. */
  readonly summary: string;
  /** A sentence under the plot, or empty. */
  readonly remark: string;
  readonly stacked: boolean;
  /** By column: short on the axis, and in whole. */
  readonly ticks: readonly string[];
  readonly titles: readonly string[];
  readonly series: readonly Series[];
  /** One, or two: the first stands above the second. */
  readonly axes: readonly [Axis, ...Axis[]];
  readonly table: Table;
  /** Nothing in it is known. */
  readonly blank: boolean;
}

/** What all plots of an answer share. */
export interface Frame {
  readonly format: Format;
  readonly periods: readonly Period[];
  readonly k: string;
  readonly each: Period["length"];
}

export function frameOf(summary: Summary, format: Format): Frame {
  const periods = periodsOf(summary);
  return { format, periods, k: format.count(summary.k), each: periods[0]?.length ?? "day" };
}

export type Read = (one: Period) => Withheld;

export function series({ periods }: Frame, key: Key, read: Read, axis = 0): Series {
  return { ...key, axis, values: periods.map(read) };
}

interface Parts extends Pick<Plot, "id" | "axes" | "series"> {
  readonly caption: string;
  readonly remark?: string;
  readonly stacked?: boolean;
  /** What a cell says without a value, and the plot without any; too few unless said. */
  readonly missing?: readonly [cell: string, plot: string];
  /** Columns which only the table has. */
  readonly more?: readonly Series[];
}

export function plotOf(frame: Frame, parts: Parts): Plot {
  const { caption, more = [], missing, remark = "", stacked = false, ...rest } = parts;
  const { format, periods, k } = frame;
  const [noCell, noPlot] = missing ?? [tooFew(k), whyTooFew(k)];
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
    table: {
      caption,
      heads: [frame.each === "day" ? "Day" : "Week", ...columns.map((one) => one.label)],
      rows: titles
        .map((title, at) => [title, ...columns.map((one) => one.cells[at] ?? noCell)])
        .reverse(),
    },
  };
}

function titleOf({ day, length, running }: Period, format: Format): string {
  const name = length === "day" ? format.date(day) : `Week from ${format.date(day)}`;
  return running ? `${name}, so far` : name;
}

/** A series in words: each value, and from where to where they go. */
function columnOf(
  { label, values, axis }: Series,
  axes: Plot["axes"],
  missing: string,
): { label: string; cells: string[]; span: string } {
  const { write } = axes[axis] ?? axes[0];
  const known = values.filter((value) => value !== null);
  const [least, most] = [write(Math.min(...known)), write(Math.max(...known))];
  const span = least === most ? least : `${least} to ${most}`;
  return {
    label,
    cells: values.map((value) => (value === null ? missing : write(value))),
    span: known.length ? `${label}: ${span}.` : "",
  };
}
