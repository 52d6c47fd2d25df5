import { h } from "../dom.js";
import { icon } from "../icons.js";
import type { Entry } from "../state.js";
import { nameOf } from "../words.js";
import { avatar } from "./avatar.js";

type Text = Extract<Entry, { type: "text" }>;
type Say = (text: string) => void;

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const TOGETHER = 3 * 60_000;

/** Messages of one sender within three minutes stand together under one name. */
export const follows = (before: Entry | undefined, entry: Text): boolean =>
  before?.type === "text" && before.from === entry.from && entry.at - before.at < TOGETHER;

export const noteRow = (entry: Entry): HTMLElement =>
  h("p", { class: "note" }, h("bdi", {}, entry.text));

export function textRow(entry: Text, together: boolean, say: Say): HTMLElement {
  const time = new Date(entry.at);
  const who = h(
    "div",
    { class: "who" },
    h("bdi", { class: "who-name" }, entry.mine ? "You" : nameOf(entry.name)),
    h("time", { datetime: time.toISOString() }, CLOCK.format(time)),
  );
  const bubble = h("div", { class: "bubble", dir: "auto" }, entry.text);
  const row = h(
    "div",
    {
      class: `message${entry.mine ? " mine" : ""}${together ? " together" : ""}`,
      "data-testid": "message",
      "data-from": entry.name,
    },
    ...(entry.mine ? [] : [avatar(entry.name, entry.from)]),
    h("div", { class: "message-text" }, who, bubble, h("div", { class: "fate" })),
  );
  markDelivery(row, entry, say);
  return row;
}

/** How the message travelled, where that is not the ordinary way. */
export function markDelivery(row: HTMLElement, entry: Text, say: Say): void {
  row.dataset.via = entry.via;
  row.dataset.delivery = entry.delivery;
  const fate = row.querySelector(".fate");
  if (entry.delivery === "failed")
    fate?.replaceChildren(icon("alert"), "not sent", againButton(entry, say));
  else if (entry.delivery === "sent" && entry.via === "server")
    fate?.replaceChildren(icon("server"), "via server");
  else fate?.replaceChildren();
}

function againButton(entry: Text, say: Say): HTMLElement {
  const button = h(
    "button",
    { type: "button", class: "button quiet" },
    icon("again"),
    "Send again",
  );
  button.addEventListener("click", () => {
    button.remove();
    say(entry.text);
  });
  return button;
}
