import type { RoomView } from "../app/room.js";
import { h, setText, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import type { WithPath } from "../base/picked.js";
import { words } from "../words/page.js";
import { pickButton } from "./drop.js";

/** The longest text of a message, protocol §1. */
const MAX_TEXT_CHARACTERS = 4_096;

/** Where messages are written, and files chosen. `say` gets the text, trimmed and never empty. */
export function composerView(
  say: (text: string) => void,
  send: (files: readonly WithPath[]) => void,
): View<RoomView> {
  const input = textField();
  const hint = h("p", { id: "chat-hint", class: "hint", role: "status" });
  const label = h("label", { class: "hidden", for: "chat-input" }, words.chat.message);
  const element = h(
    "form",
    { class: "composer" },
    ...[pickButton(send), label, input, sendButton(), hint],
  );
  let alone = true;

  function submit(): void {
    const text = input.value.trim();
    if (!text) return;
    setText(hint, alone ? words.chat.nobody : "");
    if (alone) return;
    say(text);
    input.value = "";
  }

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
    input.focus();
  });
  onEnter(input, submit);

  return {
    element,
    update(room) {
      alone = room.people.length === 0;
      input.placeholder = alone ? words.chat.message : words.chat.messageToAll;
      if (!alone) setText(hint, "");
    },
  };
}

/** Enter sends; Shift and Enter is a new line; Enter that ends the input of a character is neither. */
function onEnter(input: HTMLTextAreaElement, submit: () => void): void {
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
}

const textField = (): HTMLTextAreaElement =>
  h("textarea", {
    id: "chat-input",
    class: "field",
    rows: "1",
    maxlength: String(MAX_TEXT_CHARACTERS),
    dir: "auto",
    enterkeyhint: "send",
    autocomplete: "off",
    "aria-describedby": "chat-hint",
    "data-testid": "chat-input",
  });

const sendButton = (): HTMLButtonElement =>
  h(
    "button",
    {
      type: "submit",
      class: "button primary icon-only",
      "aria-label": words.chat.send,
      "data-testid": "send",
    },
    icon("send"),
  );
