import { h, type View } from "../../base/dom.js";
import { icon } from "../../base/icons.js";
import { words } from "../../words/stats.js";

/** Says that there is no new answer, and offers to ask again. Empty for empty words. */
export function problemView(retry: () => void): View<string> {
  const element = h("div", { role: "alert", class: "alert-place" });
  let shown = "";
  return {
    element,
    update(said) {
      if (said === shown) return; // an alert that is replaced is read aloud again
      shown = said;
      element.replaceChildren(...(said ? [box(said, retry)] : []));
    },
  };
}

function box(said: string, retry: () => void): HTMLElement {
  const again = h(
    "button",
    { type: "button", class: "button", "data-testid": "retry" },
    icon("again"),
    words.frame.retry,
  );
  again.addEventListener("click", retry);
  const title = h("strong", {}, words.frame.away);
  return h(
    "div",
    { class: "problem", "data-testid": "state-error" },
    icon("alert"),
    h("div", { class: "problem-text" }, title, h("p", {}, said)),
    again,
  );
}
