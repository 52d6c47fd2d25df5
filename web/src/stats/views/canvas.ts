import { h } from "../../base/dom.js";
import { words } from "../../words/stats.js";
import type { Drawn, draw } from "../chart/chart.js";
import type { Plot } from "../plot/plot.js";
import { columnAfter } from "./keyboard.js";

/** Gets the chart library. It is large, so a page gets it for the first plot that comes into view. */
export type LoadChart = () => Promise<{ readonly draw: typeof draw }>;

/** What a drawing needs, and whom it tells. */
export interface CanvasOptions {
  readonly load: LoadChart;
  /** Drawing begins when this element comes near the window. */
  readonly watched: HTMLElement;
  /** The plot has been drawn for the first time. */
  drawn(): void;
  /** The user reads a column by keys; null: no column any more. */
  pointed(plot: Plot, column: number | null): void;
}

/** The drawing of a plot. null: nothing to draw yet. */
export interface CanvasView {
  readonly element: HTMLElement;
  update(plot: Plot | null): void;
  repaint(): void;
}

/** How far below the window drawing begins. */
const NEAR = "200px";

/** The drawing of a plot, or one sentence where nothing is known. It keeps its place before. */
export function canvasView(
  swatches: readonly HTMLCanvasElement[],
  options: CanvasOptions,
): CanvasView {
  let plot: Plot | null = null;
  let isNear = false;
  const reader = columnReader((column) => {
    drawing.point(column);
    if (plot) options.pointed(plot, column);
  });
  const drawing = drawingOf(swatches, options, reader);

  function show(): void {
    if (isNear && plot) void drawing.show(plot, () => plot);
  }
  onceNear(options.watched, () => {
    isNear = true;
    show();
  });

  return {
    element: drawing.element,
    repaint: drawing.repaint,
    update(next) {
      plot = next;
      reader.choose(next);
      if (next) drawing.label(next.summary);
      show();
    },
  };
}

interface Drawing {
  readonly element: HTMLElement;
  /** `wanted` says which plot is to be shown now: another one can come while the library loads. */
  show(plot: Plot, wanted: () => Plot | null): Promise<void>;
  label(summary: string): void;
  point(column: number | null): void;
  repaint(): void;
}

function drawingOf(
  swatches: readonly HTMLCanvasElement[],
  { load, drawn }: CanvasOptions,
  reader: ColumnReader,
): Drawing {
  const element = h("div", { class: "plot-box" });
  let current: { canvas: HTMLCanvasElement; chart: Drawn } | null = null;
  return {
    element,
    label: (summary) => current?.canvas.setAttribute("aria-label", summary),
    point: (column) => current?.chart.point(column),
    repaint: () => current?.chart.repaint(),
    async show(plot, wanted) {
      if (plot.blank) {
        current = null;
        element.replaceChildren(h("p", { class: "plot-blank" }, plot.summary));
      } else if (current) current.chart.update(plot);
      else {
        const chart = await load();
        const newest = wanted();
        if (!newest || newest.blank || current) return;
        const canvas = canvasOf(newest, reader);
        element.replaceChildren(canvas);
        current = { canvas, chart: chart.draw(canvas, swatches, newest) };
        drawn();
      }
    },
  };
}

/** Follows the column that is read by keys. */
interface ColumnReader {
  /** Another plot: no column of it is read, and nothing is said. */
  choose(plot: Plot | null): void;
  /** True if the key was for the plot. */
  press(key: string): boolean;
  end(): void;
}

/** `moved` hears of each change; null: no column any more. */
function columnReader(moved: (column: number | null) => void): ColumnReader {
  let count = 0;
  let at: number | null = null;
  function moveTo(column: number | null): void {
    if (column === at) return;
    at = column;
    moved(at);
  }
  return {
    choose(plot) {
      at = null;
      count = plot?.ticks.length ?? 0;
    },
    press(key) {
      const to = columnAfter(key, at, count);
      if (to !== undefined) moveTo(to);
      return to !== undefined;
    },
    end: () => moveTo(null),
  };
}

function canvasOf({ summary }: Plot, reader: ColumnReader): HTMLCanvasElement {
  const canvas = h("canvas", {
    role: "img",
    tabindex: "0",
    "aria-label": summary,
    "aria-roledescription": words.frame.reading,
  });
  canvas.addEventListener("keydown", (event) => {
    if (reader.press(event.key)) event.preventDefault();
  });
  canvas.addEventListener("blur", reader.end);
  return canvas;
}

function onceNear(element: HTMLElement, near: () => void): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      near();
    },
    { rootMargin: NEAR },
  );
  observer.observe(element);
}
