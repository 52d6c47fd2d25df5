import { h, setText } from "../../dom.js";
import { FIGURES, type Figure } from "../headline.js";

export interface FiguresView {
  readonly element: HTMLElement;
  /** null: still on the way. */
  update(figures: readonly Figure[] | null): void;
}

export function figuresView(): FiguresView {
  const parts = FIGURES.map(({ id, label }) => {
    const name = h("dt", {}, label);
    const value = h("dd", { class: "figure-value", "data-testid": `stat-${id}` });
    const note = h("dd", { class: "hint" });
    return {
      id,
      name,
      value,
      note,
      element: h("div", { class: `card figure figure-${id}` }, name, value, note),
    };
  });
  const element = h("dl", { class: "figures" }, ...parts.map((part) => part.element));
  return {
    element,
    update(figures) {
      element.toggleAttribute("data-waiting", !figures);
      element.setAttribute("aria-busy", String(!figures));
      for (const part of parts) {
        const figure = figures?.find(({ id }) => id === part.id);
        if (figure) setText(part.name, figure.label);
        part.value.toggleAttribute("data-missing", figure !== undefined && !figure.known);
        setText(part.value, figure?.value ?? "");
        setText(part.note, figure?.note ?? "");
      }
    },
  };
}
