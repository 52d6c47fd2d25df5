import { h, setAttribute, setSentence, setText } from "../base/dom.js";
import { type IconName, icon } from "../base/icons.js";
import { isolate, plain } from "../language/isolate.js";
import { type FileRow, hasEnded, progressOf } from "../transfers/model.js";
import { transferWords, whoWords } from "../words/files.js";
import { words } from "../words/page.js";

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
  readonly sign: IconName | null;
  readonly isShown: (row: FileRow) => boolean;
}[] = [
  { act: "accept", sign: null, isShown: isOfferedToUs },
  { act: "decline", sign: null, isShown: isOfferedToUs },
  { act: "pause", sign: "pause", isShown: isMoving },
  { act: "resume", sign: "play", isShown: ({ state }) => state === "paused" },
  {
    act: "cancel",
    sign: "close",
    isShown: (row) => !hasEnded(row) && !isOfferedToUs(row),
  },
  { act: "dismiss", sign: "close", isShown: hasEnded },
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
  const said = h("p", { class: "transfer-words" });
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
      said,
    ),
    buttons,
  );
  let shown: FileRow | null = null;
  const all = BUTTONS.map((button) => {
    const made = buttonFor(button.act, button.sign);
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
      mark(element, row);
      setText(name, plain(row.path));
      setSentence(who, whoWords(row));
      setText(said, transferWords(row));
      showProgress(bar, row);
      for (const { made, isShown, act } of all) {
        made.hidden = !isShown(row);
        const label = words.transfer.button(words.transfer[act], isolate(row.name));
        setAttribute(made, "aria-label", label);
      }
    },
  };
}

/** Nothing to measure by: the bar of a browser moves by itself. */
function showProgress(bar: HTMLProgressElement, row: FileRow): void {
  bar.hidden = hasEnded(row) || row.state === "offered";
  setAttribute(bar, "aria-label", plain(row.name));
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

function buttonFor(act: keyof TransferActions, sign: IconName | null): HTMLButtonElement {
  const label = words.transfer[act];
  const isMain = act === "accept";
  const kind = sign ? "button quiet icon-only" : isMain ? "button primary" : "button";
  const attributes = { type: "button", class: kind, "data-testid": `transfer-${act}` };
  const made = h("button", attributes, sign ? icon(sign) : label);
  if (sign) setAttribute(made, "title", label);
  return made;
}
