import { h, type View } from "../../base/dom.js";
import { icon } from "../../base/icons.js";

/** Says that there is no new answer, and offers to ask again. Empty for empty words. */
export function problemView(retry: () => void): View<string> {
  const element = h("div", { role: "alert", class: "alert-place" });
  let shown = "";
  return {
    element,
    update(words) {
      if (words === shown) return; // an alert that is replaced is read aloud again
      shown = words;
      element.replaceChildren(...(words ? [box(words, retry)] : []));
    },
  };
}

function box(words: string, retry: () => void): HTMLElement {
  const again = h(
    "button",
    { type: "button", class: "button", "data-testid": "retry" },
    icon("again"),
    "Try again",
  );
  again.addEventListener("click", retry);
  const title = h("strong", {}, "The statistics are away.");
  return h(
    "div",
    { class: "problem", "data-testid": "state-error" },
    icon("alert"),
    h("div", { class: "problem-text" }, title, h("p", {}, words)),
    again,
  );
}
