import { h } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { words } from "../words/page.js";

/** Closer than this to the end counts as at the end. */
const END_PX = 48;

/** A place with lines that are longer than it. */
export interface Scroller {
  readonly element: HTMLElement;
  /** Shows the newest line: always if `mine`, else only if the user is at the end already. */
  newLine(kind: "mine" | "message" | "note"): void;
}

/** Keeps the newest line in sight, and does not move the lines of a user who reads older ones. */
export function scrollerView(...children: HTMLElement[]): Scroller {
  const scroller = h("div", { class: "log-scroll" }, ...children);
  const newer = newerButton();
  // Asked for on each scroll, and not on each message: reading it makes the browser lay out.
  let atEnd = true;
  let frame = 0;

  function toEnd(): void {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => scroller.scrollTo({ top: scroller.scrollHeight }));
  }
  scroller.addEventListener("scroll", () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_PX;
    if (atEnd) newer.hidden = true;
  });
  newer.addEventListener("click", toEnd);
  // The place gets smaller when the keyboard of a phone opens.
  new ResizeObserver(() => atEnd && toEnd()).observe(scroller);

  return {
    element: h("div", { class: "log-place" }, scroller, newer),
    newLine(kind) {
      if (atEnd || kind === "mine") toEnd();
      else if (kind === "message") newer.hidden = false;
    },
  };
}

const newerButton = (): HTMLButtonElement =>
  h(
    "button",
    { type: "button", class: "button newer", hidden: true },
    icon("down"),
    words.chat.newer,
  );
