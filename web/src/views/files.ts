import { h, setText, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import type { Files } from "../transfers/model.js";
import { words } from "../words/page.js";
import { type TransferActions, type TransferRow, transferRow } from "./transfer.js";

/** What can be done with the files of a room. */
export interface FilesViewActions extends TransferActions {
  dismissProblem(): void;
}

/** The transfers, newest first. It is not there while there are none. */
export function filesView(actions: FilesViewActions): View<Files> {
  const rows = new Map<string, TransferRow>();
  const waiting = h("p", { class: "hint", role: "status" });
  const problem = problemLine(actions.dismissProblem);
  const list = h("ul", { class: "transfers", "aria-label": words.files.title, tabindex: "0" });
  const element = h(
    "section",
    { class: "files", "aria-label": words.files.title },
    ...[problem, waiting, list],
  );
  return {
    element,
    update(files) {
      element.hidden = files.rows.length + files.waiting.length === 0 && files.problem === null;
      const count = files.waiting.length;
      setText(waiting, count > 0 ? words.files.waiting(count) : "");
      problem.hidden = files.problem === null;
      list.hidden = files.rows.length === 0;
      showRows(rows, list, files, actions);
    },
  };
}

function showRows(
  rows: Map<string, TransferRow>,
  list: HTMLElement,
  files: Files,
  actions: TransferActions,
): void {
  const present = new Set(files.rows.map(({ id }) => id));
  for (const [id, row] of rows) {
    if (present.has(id)) continue;
    row.element.remove();
    rows.delete(id);
  }
  for (const file of files.rows) {
    const row = rows.get(file.id) ?? transferRow(actions);
    if (!rows.has(file.id)) list.prepend(row.element);
    rows.set(file.id, row);
    row.update(file);
  }
}

function problemLine(dismiss: () => void): HTMLElement {
  const button = h(
    "button",
    { type: "button", class: "button quiet icon-only", "aria-label": words.problem.dismiss },
    icon("close"),
  );
  button.addEventListener("click", dismiss);
  return h(
    "div",
    { class: "problem", role: "alert" },
    icon("alert"),
    h("p", {}, words.files.notOffered),
    button,
  );
}
