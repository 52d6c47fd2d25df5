import { h, setText, type View } from "../dom.js";
import { icon } from "../icons.js";
import type { RoomView } from "../state.js";

export function composerView(say: (text: string) => void): View<RoomView> {
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
