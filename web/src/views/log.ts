import type { Entry, Log } from "../app/log.js";
import { h, type View } from "../base/dom.js";
import { words } from "../words/page.js";
import { isGrouped, markDelivery, messageRow, noteRow } from "./message.js";

interface Shown {
  readonly node: HTMLElement;
  entry: Entry;
}

/** The lines of the chat. It adds, marks and removes single lines and never draws all anew. */
export function logView(say: (text: string) => void): View<Log> {
  const element = logElement();
  // In the order of the log: a Map keeps the order of insertion.
  const shown = new Map<number, Shown>();
  let last: Entry | undefined;

  function append(entry: Entry): void {
    const node =
      entry.type === "note" ? noteRow(entry) : messageRow(entry, isGrouped(last, entry), say);
    shown.set(entry.id, { node, entry });
    element.append(node);
    last = entry;
  }

  function mark(line: Shown, entry: Entry): void {
    if (line.entry === entry || entry.type !== "text") return;
    markDelivery(line.node, entry, say);
    line.entry = entry;
  }

  function dropBefore(oldest: number): void {
    for (const [id, { node }] of shown) {
      if (id >= oldest) return;
      node.remove();
      shown.delete(id);
    }
  }

  return {
    element,
    update({ entries }) {
      for (const entry of entries) {
        const line = shown.get(entry.id);
        if (line) mark(line, entry);
        else append(entry);
      }
      dropBefore(entries[0]?.id ?? 0);
    },
  };
}

const logElement = (): HTMLElement =>
  h("div", {
    class: "log",
    role: "log",
    "aria-live": "polite",
    "aria-label": words.chat.messages,
    tabindex: "0",
    "data-testid": "chat-log",
  });
