/** The chart library's configuration of a plot. */
import type { ChartConfiguration, ScaleOptionsByType } from "chart.js";
import type { Axis, Plot } from "../plot/plot.js";
import { axisId, datasetOf } from "./dataset.js";
import type { Theme } from "./theme.js";
import { tooltipOf } from "./tooltip.js";

/** The library's configuration of columns and lines; null is a gap. */
export type Config = ChartConfiguration<"bar" | "line", (number | null)[], string>;

/** How the library has to draw `plot`. */
export const configOf = (plot: Plot, theme: Theme): Config => ({
  type: "bar",
  data: {
    labels: [...plot.ticks],
    datasets: plot.series.map((one) => datasetOf(one, plot, theme)),
  },
  options: {
    responsive: true,
    maintainAspectRatio: false,
    animation: false, // the user need not wait for it
    interaction: { mode: "index", intersect: false },
    font: { family: theme.font, size: 12 },
    scales: scalesOf(plot, theme),
    plugins: { tooltip: tooltipOf(plot, theme) },
  },
});

function scalesOf(plot: Plot, theme: Theme): Record<string, object> {
  const values = plot.axes.map((axis, index) => [
    axisId(index),
    valueScale(axis, index, plot, theme),
  ]);
  return {
    x: {
      stacked: plot.stacked,
      grid: { display: false },
      border: { color: theme.line },
      ticks: { color: theme.soft, maxRotation: 0, autoSkipPadding: 16 },
    },
    // The library stacks axes from the bottom to the top.
    ...(Object.fromEntries(values.reverse()) as Record<string, object>),
  };
}

type ScaleOptions = Partial<
  Omit<ScaleOptionsByType<"linear">, "title" | "grid" | "border" | "ticks">
>;

function valueScale(axis: Axis, index: number, plot: Plot, theme: Theme): object {
  const several = plot.axes.length > 1;
  const options: ScaleOptions = {
    stacked: plot.stacked,
    min: axis.least,
    ...(axis.most !== undefined ? { max: axis.most } : {}),
    // Two axes are drawn one above the other: side by side, readers compare what cannot be compared.
    ...(several ? { stack: "above", stackWeight: 1 + index / 2 } : {}),
  };
  return {
    type: "linear",
    position: "left",
    ...options,
    grid: { color: theme.line },
    border: { display: false },
    title: { display: several, text: axis.title, color: theme.soft },
    ticks: { color: theme.soft, maxTicksLimit: several ? 4 : 6, callback: tickOf(axis, index) },
  };
}

/** The uppermost tick of a lower axis stays empty: it would touch the axis above. */
const tickOf =
  (axis: Axis, index: number) =>
  (value: number | string, at: number, all: readonly unknown[]): string =>
    index > 0 && at === all.length - 1 ? "" : axis.tick(Number(value));
