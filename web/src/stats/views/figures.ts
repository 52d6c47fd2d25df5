import { h, setText } from "../../base/dom.js";
import { words } from "../../words/stats.js";
import { FIGURES, type Figure } from "../model/headline.js";

/** The figures in the page. */
export interface FiguresView {
  readonly element: HTMLElement;
  /** null: no answer yet. */
  update(figures: readonly Figure[] | null): void;
}

interface Card {
  readonly id: Figure["id"];
  readonly element: HTMLElement;
  update(figure: Figure | undefined): void;
}

/** The five figures at the top of the page. */
export function figuresView(): FiguresView {
  const cards = FIGURES.map((id) => figureCard(id, words.figures[id]));
  const element = h("dl", { class: "figures" }, ...cards.map((card) => card.element));
  return {
    element,
    update(figures) {
      element.toggleAttribute("data-waiting", !figures);
      element.setAttribute("aria-busy", String(!figures));
      for (const card of cards) card.update(figures?.find(({ id }) => id === card.id));
    },
  };
}

function figureCard(id: Figure["id"], label: string): Card {
  const name = h("dt", {}, label);
  const value = h("dd", { class: "figure-value", "data-testid": `stat-${id}` });
  const note = h("dd", { class: "hint" });
  return {
    id,
    element: h("div", { class: `card figure figure-${id}` }, name, value, note),
    update(figure) {
      setText(name, figure?.label ?? label);
      value.toggleAttribute("data-missing", figure !== undefined && !figure.known);
      setText(value, figure?.value ?? "");
      setText(note, figure?.note ?? "");
    },
  };
}
