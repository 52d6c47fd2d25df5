/** The one file which knows the chart library; loaded when the first plot comes into view. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  type ScaleOptionsByType,
  Tooltip,
} from "chart.js";
import { DASH, fillOf, isLine, paintSwatch, readTheme, type Theme } from "./paint.js";
import type { Axis, Plot, Series } from "./plot.js";

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

const MANY = 40; // columns, from which rims and dots are but noise

type Config = ChartConfiguration<"bar" | "line", (number | null)[], string>;

export interface Drawn {
  update(plot: Plot): void;
  /** Shows what is at this place, as the pointer would; null: nothing. */
  point(at: number | null): void;
  /** After the colours of the page have changed. */
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
    const theme = readTheme(canvas);
    const { data, options } = configOf(plot, theme);
    chart.data = data;
    chart.options = options ?? {};
    chart.update("none");
    paint(theme);
  }

  function paint(theme: Theme): void {
    plot.series.forEach(({ look }, index) => {
      const swatch = swatches[index];
      if (swatch) paintSwatch(swatch, look, theme);
    });
  }

  paint(readTheme(canvas));
  return {
    repaint: redraw,
    update(next) {
      plot = next;
      redraw();
    },
    point(at) {
      const active =
        at === null
          ? []
          : plot.series.flatMap(({ values }, datasetIndex) =>
              values[at] == null ? [] : [{ datasetIndex, index: at }],
            );
      chart.setActiveElements(active);
      chart.tooltip?.setActiveElements(active, { x: 0, y: 0 });
      chart.update(still ? "none" : undefined);
    },
  };
}

function configOf(plot: Plot, theme: Theme): Config {
  return {
    type: "bar",
    data: {
      labels: [...plot.ticks],
      datasets: plot.series.map((one) => dataset(one, plot, theme)),
    },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: false, // it appears at once: nobody waits for it, and nobody is dizzied
      interaction: { mode: "index", intersect: false },
      font: { family: theme.font, size: 12 },
      scales: {
        x: {
          stacked: plot.stacked,
          grid: { display: false },
          border: { color: theme.line },
          ticks: { color: theme.soft, maxRotation: 0, autoSkipPadding: 16 },
        },
        ...Object.fromEntries(
          // The library piles them from below.
          plot.axes
            .map((axis, index) => [axisId(index), scale(axis, index, plot, theme)])
            .reverse(),
        ),
      },
      plugins: { tooltip: tooltip(plot, theme) },
    },
  };
}

/** Between gaps there is no line: a lone value would not be seen. */
const isAlone = (values: Series["values"], at: number): boolean =>
  values[at - 1] == null && values[at + 1] == null;

const axisId = (index: number): string => `y${index}`;

function dataset(
  { label, look, axis, values }: Series,
  plot: Plot,
  theme: Theme,
): ChartDataset<"bar" | "line", (number | null)[]> {
  const tone = theme.tones[look];
  const data = [...values];
  if (isLine(look)) {
    const dot = values.length > MANY ? 0 : 2.5;
    return {
      type: "line",
      label,
      data,
      yAxisID: axisId(axis),
      stack: label, // a line is not piled on the columns
      borderColor: tone,
      borderWidth: 2,
      clip: 8, // dots may reach over the edge of the plot
      borderDash: look === "dashed" ? DASH : [],
      backgroundColor: theme.surface,
      pointStyle: look === "dashed" ? "rectRot" : "circle",
      pointRadius: values.map((_, at) => (isAlone(values, at) ? 3 : look === "line" ? dot : 0)),
      pointHoverBackgroundColor: tone,
      pointHoverRadius: 5,
      order: 0,
    };
  }
  return {
    type: "bar",
    label,
    data,
    yAxisID: axisId(axis),
    ...(plot.stacked ? { stack: "columns" } : {}),
    backgroundColor: fillOf(look, theme),
    hoverBackgroundColor: fillOf(look, theme),
    borderColor: look === "sun" ? theme.rim : tone,
    hoverBorderColor: theme.ink,
    borderWidth: values.length > MANY ? 0 : 1,
    hoverBorderWidth: 1,
    borderRadius: plot.stacked ? 0 : { topLeft: 3, topRight: 3 },
    categoryPercentage: 0.92,
    barPercentage: 0.92,
    maxBarThickness: 56,
    order: 1,
  };
}

function scale(axis: Axis, index: number, plot: Plot, theme: Theme): object {
  const options: Partial<
    Omit<ScaleOptionsByType<"linear">, "title" | "grid" | "border" | "ticks">
  > = {
    stacked: plot.stacked,
    min: axis.least,
    ...(axis.most !== undefined ? { max: axis.most } : {}),
    // Two axes stand above each other: one beside the other would invite false comparisons.
    ...(plot.axes.length > 1 ? { stack: "above", stackWeight: 1 + index / 2 } : {}),
  };
  return {
    type: "linear",
    position: "left",
    ...options,
    grid: { color: theme.line },
    border: { display: false },
    title: { display: plot.axes.length > 1, text: axis.title, color: theme.soft },
    ticks: {
      color: theme.soft,
      maxTicksLimit: plot.axes.length > 1 ? 4 : 6,
      // The uppermost would touch the lowest of the axis above.
      callback: (value: number | string, at: number, all: unknown[]) =>
        index > 0 && at === all.length - 1 ? "" : axis.tick(Number(value)),
    },
  };
}

function tooltip(plot: Plot, theme: Theme): object {
  return {
    backgroundColor: theme.surface,
    borderColor: theme.soft,
    borderWidth: 1,
    titleColor: theme.ink,
    bodyColor: theme.ink,
    cornerRadius: 10,
    padding: 10,
    boxPadding: 4,
    bodySpacing: 4,
    multiKeyBackground: "transparent",
    usePointStyle: true,
    callbacks: {
      title: (items: { dataIndex: number }[]) => plot.titles[items[0]?.dataIndex ?? -1] ?? "",
      labelPointStyle: ({ datasetIndex }: { datasetIndex: number }) => {
        const look = plot.series[datasetIndex]?.look;
        return { pointStyle: look && isLine(look) ? "line" : "rect", rotation: 0 };
      },
      label: ({ datasetIndex, dataIndex }: { datasetIndex: number; dataIndex: number }) =>
        valueAt(plot, datasetIndex, dataIndex),
    },
  };
}

function valueAt({ series, axes }: Plot, which: number, at: number): string {
  const one = series[which];
  const value = one?.values[at];
  return one && value != null ? `${one.label}: ${axes[one.axis]?.write(value) ?? value}` : "";
}
