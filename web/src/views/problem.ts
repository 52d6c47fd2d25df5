import { h, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { words } from "../words/page.js";
import { type Problem, problemWords } from "../words/problems.js";

/** A button is shown only for an action that is given. */
export interface ProblemActions {
  retry?: () => void;
  dismiss?: () => void;
}

/**
 * The place of a problem, by its code; empty for null. It is in the page all the time, because
 * screen readers announce only what appears in an alert that was there before. `wordsFor` gives the
 * words for a code.
 */
export function problemView(
  actions: ProblemActions,
  wordsFor: (code: string) => Problem = problemWords,
): View<string | null> {
  const element = h("div", { role: "alert", class: "alert-place" });
  let shown: string | null = null;
  return {
    element,
    update(code) {
      if (code === shown) return;
      shown = code;
      element.replaceChildren(...(code === null ? [] : [box(code, wordsFor(code), actions)]));
    },
  };
}

function box(
  code: string,
  { title, next, remedy }: Problem,
  { retry, dismiss }: ProblemActions,
): HTMLElement {
  return h(
    "div",
    { class: "problem", "data-testid": "error", "data-code": code },
    icon("alert"),
    h("div", { class: "problem-text" }, h("strong", {}, title), h("p", {}, next)),
    ...(retry && remedy !== "none" ? [retryButton(words.problem[remedy], retry)] : []),
    ...(dismiss ? [dismissButton(dismiss)] : []),
  );
}

function retryButton(label: string, retry: () => void): HTMLElement {
  const button = h("button", { type: "button", class: "button", "data-testid": "retry" }, label);
  button.addEventListener("click", retry);
  return button;
}

function dismissButton(dismiss: () => void): HTMLElement {
  const button = h(
    "button",
    { type: "button", class: "button quiet icon-only", "aria-label": words.problem.dismiss },
    icon("close"),
  );
  button.addEventListener("click", dismiss);
  return button;
}
