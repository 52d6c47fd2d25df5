import { h, type View } from "../dom.js";
import { icon } from "../icons.js";
import type { Entry, RoomView } from "../state.js";
import { aloneView, type LinkActions } from "./alone.js";
import { composerView } from "./composer.js";
import { follows, markDelivery, noteRow, textRow } from "./message.js";

export interface ChatActions extends LinkActions {
  say(text: string): void;
}

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
