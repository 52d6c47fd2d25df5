import type { Entry, Message, Note } from "../app/log.js";
import { h } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { type Part, partsOf } from "../words/links.js";
import { nameOf } from "../words/notes.js";
import { avatar } from "./avatar.js";

type Say = (text: string) => void;

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const GROUP_MS = 3 * 60_000;

/** True if the message stands under the name of the one before: same sender, within 3 minutes. */
export const isGrouped = (before: Entry | undefined, message: Message): boolean =>
  before?.type === "text" && before.from === message.from && message.at - before.at < GROUP_MS;

/** A note. `bdi` keeps a name of another writing direction from turning the rest around. */
export const noteRow = (note: Note): HTMLElement =>
  h("p", { class: "note" }, h("bdi", {}, note.text));

/** A message. `say` sends the text of a failed message again. */
export function messageRow(message: Message, grouped: boolean, say: Say): HTMLElement {
  const { mine, name, from, text } = message;
  const bubble = h("div", { class: "bubble", dir: "auto" }, ...partsOf(text).map(shown));
  const row = h(
    "div",
    {
      class: `message${mine ? " mine" : ""}${grouped ? " together" : ""}`,
      "data-testid": "message",
      "data-from": name,
    },
    ...(mine ? [] : [avatar(name, from)]),
    h("div", { class: "message-text" }, heading(message), bubble, h("div", { class: "fate" })),
  );
  markDelivery(row, message, say);
  return row;
}

/** An address opens in another tab, which learns nothing of this one. */
const shown = ({ text, url }: Part): HTMLElement | string =>
  url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : text;

function heading({ mine, name, at }: Message): HTMLElement {
  const time = new Date(at);
  return h(
    "div",
    { class: "who" },
    h("bdi", { class: "who-name" }, mine ? "You" : nameOf(name)),
    h("time", { datetime: time.toISOString() }, CLOCK.format(time)),
  );
}

/** Says below the message if it was not sent, or went through the server. */
export function markDelivery(row: HTMLElement, message: Message, say: Say): void {
  row.dataset.via = message.via;
  row.dataset.delivery = message.delivery;
  row.querySelector(".fate")?.replaceChildren(...deliveryParts(message, say));
}

function deliveryParts(message: Message, say: Say): (Node | string)[] {
  if (message.delivery === "failed")
    return [icon("alert"), "not sent", sendAgainButton(message.text, say)];
  const byServer = message.delivery === "sent" && message.via === "server";
  return byServer ? [icon("server"), "via server"] : [];
}

function sendAgainButton(text: string, say: Say): HTMLElement {
  const button = h(
    "button",
    { type: "button", class: "button quiet" },
    icon("again"),
    "Send again",
  );
  button.addEventListener("click", () => {
    button.remove();
    say(text);
  });
  return button;
}
