import { h, setText } from "../../dom.js";
import type { Drawn } from "../chart.js";
import type { Kind } from "../kinds.js";
import type { Plot, PlotId } from "../plot.js";
import { tableView } from "./table.js";

export interface PlotView {
  readonly element: HTMLElement;
  /** null: nothing to draw yet. */
  update(plot: Plot | null): void;
  repaint(): void;
}

const NEAR = "200px"; // how far below the window drawing begins

export function plotView(id: PlotId, { title, says, key }: Kind): PlotView {
  const swatches = key.map(() => h("canvas", { class: "swatch", "aria-hidden": "true" }));
  const legend = h(
    "ul",
    { class: "legend", "aria-label": "Key" },
    ...swatches.map((swatch, index) => h("li", {}, swatch, key[index]?.label ?? "")),
  );
  const box = h("div", { class: "plot-box" });
  const remark = h("p", { class: "hint remark" });
  const spoken = h("p", { class: "hidden", role: "status" });
  const table = tableView();
  const element = h(
    "section",
    {
      class: `card plot plot-${id}`,
      "data-testid": `plot-${id}`,
      "aria-labelledby": `${id}-title`,
    },
    h(
      "div",
      { class: "plot-head" },
      h("h2", { id: `${id}-title` }, title),
      h("p", { class: "hint plot-says" }, says),
    ),
    legend,
    box,
    remark,
    spoken,
    table.element,
  );
  legend.hidden = key.length < 2;

  let plot: Plot | null = null;
  let near = false;
  let canvas: HTMLCanvasElement | null = null;
  let drawn: Drawn | null = null;
  let at: number | null = null;

  new IntersectionObserver(
    (entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      near = true;
      void show();
    },
    { rootMargin: NEAR },
  ).observe(element);

  /** The canvas comes with the library; until then its box keeps the room. */
  async function show(): Promise<void> {
    if (!near || !plot) return;
    if (plot.blank) return say(plot.summary);
    if (drawn && canvas?.isConnected) return drawn.update(plot);
    const { draw } = await import("../chart.js");
    if (!plot || plot.blank || (drawn && canvas?.isConnected)) return;
    canvas = newCanvas(plot);
    box.replaceChildren(canvas);
    drawn = draw(canvas, swatches, plot);
    element.dataset.drawn = "";
  }

  function say(text: string): void {
    drawn = null;
    box.replaceChildren(h("p", { class: "plot-blank" }, text));
  }

  function newCanvas(of: Plot): HTMLCanvasElement {
    const made = h("canvas", {
      role: "img",
      tabindex: "0",
      "aria-label": of.summary,
      "aria-roledescription": "plot, arrow keys read it",
    });
    made.addEventListener("keydown", (event) => {
      const to = plot && step(event.key, at, plot.ticks.length);
      if (to === undefined || to === null) return;
      event.preventDefault();
      point(to === "away" ? null : to);
    });
    made.addEventListener("blur", () => point(null));
    return made;
  }

  function point(to: number | null): void {
    if (at === to || !plot) return;
    at = to;
    drawn?.point(at);
    setText(spoken, at === null ? "" : sentence(plot, at));
  }

  return {
    element,
    repaint: () => drawn?.repaint(),
    update(next) {
      if (plot === next) return;
      plot = next;
      at = null;
      setText(remark, next?.blank === false ? next.remark : "");
      legend.hidden = key.length < 2 || next?.blank === true;
      table.update(next?.table ?? null);
      if (!next) return;
      canvas?.setAttribute("aria-label", next.summary);
      void show();
    },
  };
}

/** Where a key leads from `at`; undefined if it is not ours. */
function step(key: string, at: number | null, count: number): number | "away" | undefined {
  const last = count - 1;
  switch (key) {
    case "ArrowLeft":
      return Math.max(0, (at ?? count) - 1);
    case "ArrowRight":
      return Math.min(last, (at ?? last - 1) + 1);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return at === null ? undefined : "away";
    default:
      return undefined;
  }
}

function sentence({ table }: Plot, at: number): string {
  const [head = "", ...cells] = table.rows[table.rows.length - 1 - at] ?? [];
  return `${head}: ${cells.map((cell, index) => `${table.heads[index + 1]} ${cell}`).join(", ")}`;
}
