import { h } from "../../dom.js";
import type { Table } from "../plot.js";

export interface TableView {
  readonly element: HTMLElement;
  /** Costs nothing while the details are closed: the rows are made when somebody opens them. */
  update(table: Table | null): void;
}

/** The numbers behind a plot, for who reads better than they see, and for who wants them exactly. */
export function tableView(): TableView {
  const place = h("div", { class: "table-place", tabindex: "0", role: "region" });
  place.hidden = true;
  const element = h("details", { class: "options" }, h("summary", {}, "Show the numbers"), place);
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

function tableOf({ caption, heads, rows }: Table): HTMLTableElement {
  return h(
    "table",
    { class: "table" },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    h(
      "tbody",
      {},
      ...rows.map(([head = "", ...cells]) =>
        h("tr", {}, h("th", { scope: "row" }, head), ...cells.map((cell) => h("td", {}, cell))),
      ),
    ),
  );
}
