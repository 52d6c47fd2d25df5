import type { Entry } from "../app/log.js";
import type { RoomView } from "../app/room.js";
import { h, type View } from "../base/dom.js";
import type { WithPath } from "../base/picked.js";
import { words } from "../words/page.js";
import { aloneView, type LinkActions } from "./alone.js";
import { composerView } from "./composer.js";
import { logView } from "./log.js";
import { scrollerView } from "./scroller.js";

/** What the user can do in the chat. */
export interface ChatActions extends LinkActions {
  say(text: string): void;
  send(files: readonly WithPath[]): void;
}

/** The messages, and the field to write one. */
export function chatView(actions: ChatActions): View<RoomView> {
  const log = logView(actions.say);
  const alone = aloneView(actions);
  const scroller = scrollerView(log.element, alone.element);
  const composer = composerView(actions.say, actions.send);
  const element = h(
    "section",
    { class: "chat", "aria-label": words.chat.title },
    scroller.element,
    composer.element,
  );
  let nextEntry = 0;

  return {
    element,
    update(room) {
      log.update(room);
      alone.update(room);
      composer.update(room);
      const newest = room.entries.at(-1);
      if (newest && room.nextEntry !== nextEntry) scroller.newLine(kindOf(newest));
      nextEntry = room.nextEntry;
    },
  };
}

function kindOf(entry: Entry): "mine" | "message" | "note" {
  if (entry.type === "note") return "note";
  return entry.mine ? "mine" : "message";
}
