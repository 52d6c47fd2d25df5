import { h, setText } from "../../base/dom.js";
import { words } from "../../words/stats.js";
import type { Kind } from "../plot/kinds.js";
import type { Plot, PlotId } from "../plot/plot.js";
import { canvasView, type LoadChart } from "./canvas.js";
import { columnWords } from "./keyboard.js";
import { tableView } from "./table.js";

/** A plot in the page. */
export interface PlotView {
  readonly element: HTMLElement;
  /** null: nothing to draw yet. */
  update(plot: Plot | null): void;
  /** After the colours of the page have changed. */
  repaint(): void;
}

/** A plot with its title, legend, remark and table. `load` gets the chart library. */
export function plotView(id: PlotId, kind: Kind, load: LoadChart): PlotView {
  const legend = legendOf(kind);
  const remark = h("p", { class: "hint remark" });
  const spoken = h("p", { class: "hidden", role: "status" });
  const table = tableView();
  const element = sectionOf(id);
  const canvas = canvasView(legend.swatches, {
    load,
    watched: element,
    drawn: () => element.toggleAttribute("data-drawn", true),
    pointed: (plot, column) => setText(spoken, column === null ? "" : columnWords(plot, column)),
  });
  const parts = [headOf(id, kind), legend.element, canvas.element, remark, spoken, table.element];
  element.append(...parts);
  let shown: Plot | null = null;

  return {
    element,
    repaint: canvas.repaint,
    update(next) {
      if (shown === next) return;
      shown = next;
      setText(remark, next?.blank === false ? next.remark : "");
      legend.element.hidden = kind.key.length < 2 || next?.blank === true;
      table.update(next?.table ?? null);
      canvas.update(next);
    },
  };
}

const sectionOf = (id: PlotId): HTMLElement =>
  h("section", {
    class: `card plot plot-${id}`,
    "data-testid": `plot-${id}`,
    "aria-labelledby": `${id}-title`,
  });

const headOf = (id: PlotId, { title, says }: Kind): HTMLElement =>
  h(
    "div",
    { class: "plot-head" },
    h("h2", { id: `${id}-title` }, title),
    h("p", { class: "hint plot-says" }, says),
  );

/** One series needs no legend: the title names it. */
function legendOf({ key }: Kind): { element: HTMLElement; swatches: HTMLCanvasElement[] } {
  const swatches = key.map(() => h("canvas", { class: "swatch", "aria-hidden": "true" }));
  const items = swatches.map((swatch, at) => h("li", {}, swatch, key[at]?.label ?? ""));
  const element = h("ul", {
    class: "legend",
    "aria-label": words.frame.key,
    hidden: key.length < 2,
  });
  element.append(...items);
  return { element, swatches };
}
