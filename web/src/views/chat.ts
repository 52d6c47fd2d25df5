import { h, setText, type View } from "../dom.js";
import { icon } from "../icons.js";
import type { Entry, RoomView } from "../state.js";
import { nameOf } from "../words.js";
import { avatar } from "./avatar.js";
import { canShare } from "./invite.js";

export interface ChatActions {
  say(text: string): void;
  copyLink(): Promise<boolean>;
  shareLink(): void;
}

type Say = ChatActions["say"];
type Text = Extract<Entry, { type: "text" }>;

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const TOGETHER = 3 * 60_000;
const NEAR = 48;

export function chatView(actions: ChatActions): View<RoomView> {
  const log = h("div", {
    class: "log",
    role: "log",
    "aria-live": "polite",
    "aria-label": "Messages",
    tabindex: "0",
    "data-testid": "chat-log",
  });
  const alone = aloneView(actions);
  const scroller = h("div", { class: "log-scroll" }, log, alone.element);
  const down = h(
    "button",
    { type: "button", class: "button newer", hidden: true },
    icon("down"),
    "New messages",
  );
  const composer = composerView(actions.say);
  const element = h(
    "section",
    { class: "chat", "aria-label": "Chat" },
    h("div", { class: "log-place" }, scroller, down),
    composer.element,
  );

  const shown = new Map<number, { node: HTMLElement; entry: Entry }>();
  let last: Entry | undefined;

  // Whether the newest is to stay in sight: asked once per scroll, not once per message.
  let follow = true;
  let frame = 0;
  function toEnd(): void {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => scroller.scrollTo({ top: scroller.scrollHeight }));
  }
  scroller.addEventListener("scroll", () => {
    follow = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    if (follow) down.hidden = true;
  });
  down.addEventListener("click", toEnd);
  // Smaller, because the keyboard opened.
  new ResizeObserver(() => follow && toEnd()).observe(scroller);

  function append(entry: Entry): void {
    const node =
      entry.type === "note" ? noteRow(entry) : textRow(entry, follows(last, entry), actions.say);
    shown.set(entry.id, { node, entry });
    log.append(node);
    last = entry;
  }

  function drop(entries: readonly Entry[]): void {
    const oldest = entries[0]?.id ?? 0;
    for (const [id, { node }] of shown) {
      if (id >= oldest) break; // in order of insertion
      node.remove();
      shown.delete(id);
    }
  }

  return {
    element,
    update(room) {
      const before = last;
      for (const entry of room.entries) {
        const known = shown.get(entry.id);
        if (!known) append(entry);
        else if (known.entry !== entry && entry.type === "text") {
          markDelivery(known.node, entry, actions.say);
          known.entry = entry;
        }
      }
      drop(room.entries);
      alone.update(room);
      composer.update(room);
      if (last === before) return;
      if (follow || (last?.type === "text" && last.mine)) toEnd();
      else if (last?.type === "text") down.hidden = false;
    },
  };
}

const follows = (before: Entry | undefined, entry: Text): boolean =>
  before?.type === "text" && before.from === entry.from && entry.at - before.at < TOGETHER;

const noteRow = (entry: Entry): HTMLElement => h("p", { class: "note" }, h("bdi", {}, entry.text));

function textRow(entry: Text, together: boolean, say: Say): HTMLElement {
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
function markDelivery(row: HTMLElement, entry: Text, say: Say): void {
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

function aloneView(actions: ChatActions): View<RoomView> {
  const title = h("p", { class: "alone-title" });
  const said = h("p", { class: "hint said", role: "status" });
  const copyButton = h(
    "button",
    { type: "button", class: "button primary" },
    icon("copy"),
    "Copy link",
  );
  const shareButton = h("button", { type: "button", class: "button" }, icon("share"), "Share");
  let link = "";
  copyButton.addEventListener("click", async () => {
    setText(said, (await actions.copyLink()) ? "Copied. Now send it." : link);
  });
  shareButton.addEventListener("click", actions.shareLink);
  shareButton.hidden = !canShare();
  const element = h(
    "div",
    { class: "alone", "data-testid": "alone" },
    title,
    h("div", { class: "buttons" }, copyButton, shareButton),
    said,
  );
  return {
    element,
    update(room) {
      element.hidden = room.people.length > 0;
      if (link !== room.link || element.hidden) setText(said, "");
      link = room.link;
      const before = room.entries.length > 0;
      setText(
        title,
        before
          ? "Nobody else is here now. Send the link again?"
          : "Nobody else is here yet. Send the link.",
      );
    },
  };
}

function composerView(say: (text: string) => void): View<RoomView> {
  const input = h("textarea", {
    id: "chat-input",
    class: "field",
    rows: "1",
    maxlength: "4096",
    dir: "auto",
    enterkeyhint: "send",
    autocomplete: "off",
    "aria-describedby": "chat-hint",
    "data-testid": "chat-input",
  });
  const send = h(
    "button",
    {
      type: "submit",
      class: "button primary icon-only",
      "aria-label": "Send",
      "data-testid": "send",
    },
    icon("send"),
  );
  const hint = h("p", { id: "chat-hint", class: "hint", role: "status" });
  const element = h(
    "form",
    { class: "composer" },
    h("label", { class: "hidden", for: "chat-input" }, "Message"),
    input,
    send,
    hint,
  );
  let alone = true;

  function submit(): void {
    const text = input.value.trim();
    if (!text) return;
    setText(hint, alone ? "Nobody is here to read it yet. It stays in the field." : "");
    if (alone) return;
    say(text);
    input.value = "";
  }

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
    input.focus();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });

  return {
    element,
    update(room) {
      alone = room.people.length === 0;
      input.placeholder = alone ? "Message" : "Message to everyone here";
      if (!alone) setText(hint, "");
    },
  };
}
