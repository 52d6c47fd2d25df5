import { h } from "../../base/dom.js";
import { words } from "../../words/stats.js";
import type { Table } from "../plot/plot.js";

/** The table of a plot. */
export interface TableView {
  readonly element: HTMLElement;
  /** Takes no time while the details are closed: rows are made when the user opens them. */
  update(table: Table | null): void;
}

/** The numbers of a plot, for users who cannot see it, or want exact values. */
export function tableView(): TableView {
  const place = h("div", { class: "table-place", tabindex: "0", role: "region", hidden: true });
  const element = h("details", { class: "options" }, h("summary", {}, words.frame.numbers), place);
  let table: Table | null = null;
  let drawn: Table | null = null;

  function fill(): void {
    if (!element.open || drawn === table) return;
    drawn = table;
    place.hidden = !table;
    if (!table) return;
    place.setAttribute("aria-label", table.caption);
    place.replaceChildren(tableOf(table));
  }

  element.addEventListener("toggle", fill);
  return {
    element,
    update(next) {
      table = next;
      fill();
    },
  };
}

const tableOf = ({ caption, heads, rows }: Table): HTMLTableElement =>
  h(
    "table",
    { class: "table" },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    h("tbody", {}, ...rows.map(rowOf)),
  );

const rowOf = ([head = "", ...cells]: readonly string[]): HTMLElement =>
  h("tr", {}, h("th", { scope: "row" }, head), ...cells.map((cell) => h("td", {}, cell)));
