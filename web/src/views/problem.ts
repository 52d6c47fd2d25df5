import { h, type View } from "../dom.js";
import { icon } from "../icons.js";
import { problemWords, type Remedy } from "../words.js";

const LABELS: Readonly<Record<Remedy, string>> = {
  retry: "Try again",
  return: "Come back here",
  none: "",
};

export interface ProblemActions {
  retry?: () => void;
  dismiss?: () => void;
}

/** An alert which is always in the page, so that what appears in it is announced. */
export function problemView({ retry, dismiss }: ProblemActions): View<string | null> {
  const element = h("div", { role: "alert", class: "alert-place" });
  let shown: string | null = null;

  function box(code: string): HTMLElement {
    const { title, next, remedy } = problemWords(code);
    const again = h(
      "button",
      { type: "button", class: "button", "data-testid": "retry" },
      LABELS[remedy],
    );
    again.addEventListener("click", () => retry?.());
    const close = h(
      "button",
      { type: "button", class: "button quiet icon-only", "aria-label": "Dismiss" },
      icon("close"),
    );
    close.addEventListener("click", () => dismiss?.());
    return h(
      "div",
      { class: "problem", "data-testid": "error", "data-code": code },
      icon("alert"),
      h("div", { class: "problem-text" }, h("strong", {}, title), h("p", {}, next)),
      ...(retry && remedy !== "none" ? [again] : []),
      ...(dismiss ? [close] : []),
    );
  }

  return {
    element,
    update(code) {
      if (code === shown) return;
      shown = code;
      element.replaceChildren(...(code === null ? [] : [box(code)]));
    },
  };
}
