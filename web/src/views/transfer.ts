import { h, setAttribute, setText } from "../base/dom.js";
import { type IconName, icon } from "../base/icons.js";
import { type FileRow, hasEnded, progressOf } from "../transfers/model.js";
import { transferWords, whoWords } from "../words/files.js";
import { nameOf } from "../words/notes.js";

/** What can be done with one transfer. */
export interface TransferActions {
  accept(id: string): void;
  decline(id: string): void;
  pause(id: string): void;
  resume(id: string): void;
  cancel(id: string): void;
  dismiss(id: string): void;
}

/** One file on its way. */
export interface TransferRow {
  readonly element: HTMLElement;
  update(row: FileRow): void;
}

/** The buttons, and when each is there. */
const BUTTONS: readonly {
  readonly act: keyof TransferActions;
  readonly label: string;
  readonly sign: IconName | null;
  readonly isShown: (row: FileRow) => boolean;
}[] = [
  { act: "accept", label: "Accept", sign: null, isShown: isOfferedToUs },
  { act: "decline", label: "Decline", sign: null, isShown: isOfferedToUs },
  { act: "pause", label: "Pause", sign: "pause", isShown: isMoving },
  { act: "resume", label: "Go on", sign: "play", isShown: ({ state }) => state === "paused" },
  {
    act: "cancel",
    label: "Cancel",
    sign: "close",
    isShown: (row) => !hasEnded(row) && !isOfferedToUs(row),
  },
  { act: "dismiss", label: "Remove from the list", sign: "close", isShown: hasEnded },
];

function isOfferedToUs({ direction, state }: FileRow): boolean {
  return direction === "down" && state === "offered";
}

function isMoving({ state }: FileRow): boolean {
  return state === "moving" || state === "accepted";
}

export function transferRow(actions: TransferActions): TransferRow {
  const sign = h("span", { class: "transfer-sign" });
  const name = h("bdi", { class: "transfer-name" });
  const who = h("span", { class: "transfer-who" });
  const bar = h("progress", { max: "1" });
  const words = h("p", { class: "transfer-words" });
  const buttons = h("div", { class: "buttons transfer-buttons" });
  const element = h(
    "li",
    { class: "transfer", "data-testid": "transfer" },
    sign,
    h(
      "div",
      { class: "transfer-text" },
      h("div", { class: "transfer-line" }, name, who),
      bar,
      words,
    ),
    buttons,
  );
  let shown: FileRow | null = null;
  const all = BUTTONS.map((button) => {
    const made = buttonFor(button.act, button.label, button.sign);
    made.addEventListener("click", () => shown && actions[button.act](shown.id));
    return { ...button, made };
  });
  buttons.append(...all.map(({ made }) => made));

  return {
    element,
    update(row) {
      if (row === shown) return;
      if (row.direction !== shown?.direction) sign.replaceChildren(icon(row.direction));
      shown = row;
      const person = { ...row, who: nameOf(row.who) };
      mark(element, row);
      setText(name, row.path);
      setText(who, whoWords(person));
      setText(words, transferWords(person));
      showProgress(bar, row);
      for (const { made, isShown, label } of all) {
        made.hidden = !isShown(row);
        setAttribute(made, "aria-label", `${label}: ${row.name}`);
      }
    },
  };
}

/** Nothing to measure by: the bar of a browser moves by itself. */
function showProgress(bar: HTMLProgressElement, row: FileRow): void {
  bar.hidden = hasEnded(row) || row.state === "offered";
  setAttribute(bar, "aria-label", row.name);
  if (row.size === null) bar.removeAttribute("value");
  else bar.value = progressOf(row);
}

/** For tests: see `data-testid` in the README. */
function mark(element: HTMLElement, row: FileRow): void {
  setAttribute(element, "data-name", row.name);
  setAttribute(element, "data-direction", row.direction);
  setAttribute(element, "data-state", row.state);
  setAttribute(element, "data-progress", progressOf(row).toFixed(3));
}

function buttonFor(act: string, label: string, sign: IconName | null): HTMLButtonElement {
  const isMain = act === "accept";
  const kind = sign ? "button quiet icon-only" : isMain ? "button primary" : "button";
  const attributes = { type: "button", class: kind, "data-testid": `transfer-${act}` };
  const made = h("button", attributes, sign ? icon(sign) : label);
  if (sign) setAttribute(made, "title", label);
  return made;
}
