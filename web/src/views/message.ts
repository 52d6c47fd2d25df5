import type { Entry, Message, Note } from "../app/log.js";
import { h, sentence, setAttribute } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { type Part, partsOf } from "../words/links.js";
import { nameOf, undeliveredTo } from "../words/notes.js";
import { formats, words } from "../words/page.js";
import { avatar } from "./avatar.js";
import { noteWords } from "./note.js";

type Say = (text: string) => void;

const GROUP_MS = 3 * 60_000;

/** True if the message stands under the name of the one before: same sender, within 3 minutes. */
export const isGrouped = (before: Entry | undefined, message: Message): boolean =>
  before?.type === "text" && before.from === message.from && message.at - before.at < GROUP_MS;

/** A note. */
export const noteRow = ({ what }: Note): HTMLElement =>
  h("p", { class: "note" }, ...sentence(noteWords(what)));

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

/**
 * An address opens in another tab, which learns nothing of this one. `ltr` isolates it too: what is
 * written before it could show it backwards, with another host in front.
 */
const shown = ({ text, url }: Part): HTMLElement | string =>
  url
    ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer", dir: "ltr" }, text)
    : text;

function heading({ mine, name, at }: Message): HTMLElement {
  const time = new Date(at);
  return h(
    "div",
    { class: "who" },
    h("bdi", { class: "who-name" }, mine ? words.people.you : nameOf(name)),
    h("time", { datetime: time.toISOString() }, formats.clock(at)),
  );
}

/** Says at the message if it was not sent, went through the server, or has arrived, or has not. */
export function markDelivery(row: HTMLElement, message: Message, say: Say): void {
  row.dataset.via = message.via;
  row.dataset.delivery = message.delivery;
  const fate = row.querySelector(".fate");
  // In the log, but not read aloud: every message arrives, unless something is said.
  if (fate) setAttribute(fate, "aria-live", hasFailed(message) ? undefined : "off");
  fate?.replaceChildren(...deliveryParts(message, say));
}

const hasFailed = ({ delivery }: Message): boolean =>
  delivery === "failed" || delivery === "undelivered";

function deliveryParts(message: Message, say: Say): (Node | string)[] {
  if (message.delivery === "failed") {
    const why = message.via === "nobody" ? words.chat.unheard : words.chat.notSent;
    return [icon("alert"), why, sendAgainButton(message.text, say)];
  }
  if (message.delivery === "undelivered") return undeliveredParts(message, say);
  return [...byServer(message), ...(message.delivery === "delivered" ? tick() : [])];
}

const byServer = ({ via, delivery }: Message): (Node | string)[] =>
  via === "server" && delivery !== "sending" ? [icon("server"), words.chat.viaServer] : [];

const tick = (): Node[] => [
  h("span", { class: "tick", title: words.chat.delivered }, icon("tick")),
  h("span", { class: "hidden" }, words.chat.delivered),
];

/** Whoever has it would get it twice, so it is sent again only if nobody has. */
function undeliveredParts({ text, to = [], missed = [] }: Message, say: Say): (Node | string)[] {
  const names = to.filter(({ id }) => missed.includes(id)).map(({ name }) => name);
  const all = missed.length >= to.length;
  const said = all ? [words.chat.undelivered] : sentence(undeliveredTo(names));
  return [icon("alert"), ...said, ...(all ? [sendAgainButton(text, say)] : [])];
}

function sendAgainButton(text: string, say: Say): HTMLElement {
  const button = h(
    "button",
    { type: "button", class: "button quiet" },
    icon("again"),
    words.chat.again,
  );
  button.addEventListener("click", () => {
    button.remove();
    say(text);
  });
  return button;
}
