/**
 * Draws plots with the chart library. A page loads it when the first plot comes into view; nothing
 * outside this folder imports the library.
 */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import type { Plot } from "../plot/plot.js";
import { configOf } from "./config.js";
import { paintSwatch } from "./paint.js";
import { readTheme } from "./theme.js";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

/** A plot on its canvas. */
export interface Drawn {
  update(plot: Plot): void;
  /** Shows the values of a column, as the pointer does; null: none. */
  point(column: number | null): void;
  /** Draws again, after the colours of the page have changed. */
  repaint(): void;
}

/** Draws the plot, and each swatch of its legend, in the colours of `canvas`. */
export function draw(
  canvas: HTMLCanvasElement,
  swatches: readonly HTMLCanvasElement[],
  first: Plot,
): Drawn {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let plot = first;
  const chart = new Chart(canvas, configOf(plot, readTheme(canvas)));

  function redraw(): void {
    const { data, options } = configOf(plot, readTheme(canvas));
    chart.data = data;
    chart.options = options ?? {};
    chart.update("none");
    paintLegend(canvas, swatches, plot);
  }

  paintLegend(canvas, swatches, plot);
  return {
    repaint: redraw,
    update(next) {
      plot = next;
      redraw();
    },
    point(column) {
      const active = column === null ? [] : activeAt(plot, column);
      chart.setActiveElements(active);
      chart.tooltip?.setActiveElements(active, { x: 0, y: 0 });
      chart.update(still ? "none" : undefined);
    },
  };
}

/** The values of a column that are known, as the library names them. */
const activeAt = ({ series }: Plot, column: number): { datasetIndex: number; index: number }[] =>
  series.flatMap(({ values }, datasetIndex) =>
    values[column] == null ? [] : [{ datasetIndex, index: column }],
  );

function paintLegend(
  canvas: HTMLCanvasElement,
  swatches: readonly HTMLCanvasElement[],
  { series }: Plot,
): void {
  const theme = readTheme(canvas);
  series.forEach(({ look }, index) => {
    const swatch = swatches[index];
    if (swatch) paintSwatch(swatch, look, theme);
  });
}
