/** The chart library's data of a series: a line, or columns. */
import type { ChartDataset } from "chart.js";
import type { Plot, Series } from "../plot/plot.js";
import { DASH_PX, fillOf, isLine } from "./paint.js";
import type { Theme } from "./theme.js";

type Dataset = ChartDataset<"bar" | "line", (number | null)[]>;

/** From so many columns on, edges and dots would hide the values. */
const MANY_COLUMNS = 40;

/** The library's name of the axis at this place of `Plot.axes`. */
export const axisId = (index: number): string => `y${index}`;

/** A line is drawn above the columns. */
export const datasetOf = (series: Series, plot: Plot, theme: Theme): Dataset =>
  isLine(series.look) ? lineOf(series, theme) : columnsOf(series, plot, theme);

function lineOf(series: Series, theme: Theme): Dataset {
  const { label, look, axis, values } = series;
  const tone = theme.tones[look];
  return {
    type: "line",
    label,
    data: [...values],
    yAxisID: axisId(axis),
    stack: label, // its own, so that it is not stacked on the columns
    borderColor: tone,
    borderWidth: 2,
    clip: 8, // dots may go over the edge of the plot
    borderDash: look === "dashed" ? DASH_PX : [],
    backgroundColor: theme.surface,
    pointStyle: look === "dashed" ? "rectRot" : "circle",
    pointRadius: values.map((_, at) => dotRadius(series, at)),
    pointHoverBackgroundColor: tone,
    pointHoverRadius: 5,
    order: 0,
  };
}

/** In CSS pixels. A value between two gaps has no line: without a dot nobody would see it. */
export function dotRadius({ look, values }: Series, at: number): number {
  if (values[at - 1] == null && values[at + 1] == null) return 3;
  return look === "line" && values.length <= MANY_COLUMNS ? 2.5 : 0;
}

function columnsOf(series: Series, { stacked }: Plot, theme: Theme): Dataset {
  const { label, look, axis, values } = series;
  const fill = fillOf(look, theme);
  return {
    type: "bar",
    label,
    data: [...values],
    yAxisID: axisId(axis),
    ...(stacked ? { stack: "columns" } : {}),
    backgroundColor: fill,
    hoverBackgroundColor: fill,
    borderColor: look === "sun" ? theme.rim : theme.tones[look],
    hoverBorderColor: theme.ink,
    borderWidth: values.length > MANY_COLUMNS ? 0 : 1,
    hoverBorderWidth: 1,
    borderRadius: stacked ? 0 : { topLeft: 3, topRight: 3 },
    categoryPercentage: 0.92,
    barPercentage: 0.92,
    maxBarThickness: 56,
    order: 1,
  };
}
