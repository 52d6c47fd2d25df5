import { h, setText, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import type { CallProblem } from "../call/model.js";
import type { CallButtons, CallPlace, CallSummary } from "../call/place.js";
import { callProblemWords } from "../words/call.js";
import { words } from "../words/page.js";
import { problemView } from "./problem.js";

/** The button that starts a call or joins it, and the place for all the rest. */
export interface CallPart {
  readonly button: HTMLElement;
  readonly element: HTMLElement;
}

/** `follow` is told where the call of the room is drawn. */
export function callPart(follow: (place: CallPlace) => CallButtons): CallPart {
  const place = h("div", { class: "call-stage" });
  const button = startButton(() => buttons.start());
  const problem = problemPart(() => buttons.dismissProblem());
  const element = h("div", { class: "call-place" }, problem.element, place);
  const buttons = follow({
    place,
    show(summary) {
      button.update(summary);
      problem.update(summary.problem);
    },
  });
  return { button: button.element, element };
}

function startButton(start: () => void): View<CallSummary> {
  const said = h("span", { class: "wide-only" }, words.call.start);
  const element = h(
    "button",
    {
      ...{ type: "button", class: "button primary", "aria-label": words.call.start },
      "data-testid": "call-start",
    },
    ...[icon("call"), said],
  );
  element.addEventListener("click", start);
  return {
    element,
    update({ mine, othersAre }) {
      const label = othersAre ? words.call.join : words.call.start;
      setText(said, label);
      element.ariaLabel = label;
      element.disabled = mine === "starting";
      const isBack = element.hidden && mine === "out";
      element.hidden = mine === "in";
      // Who has hung up by keyboard goes on from here.
      if (isBack && document.activeElement === document.body) element.focus();
    },
  };
}

/** Two devices can fail for the same reason: the words are about the last one. */
function problemPart(dismiss: () => void): View<CallProblem | null> {
  let what: CallProblem["what"] = "call";
  const view = problemView({ dismiss }, (code) => callProblemWords(what, code));
  return {
    element: view.element,
    update(problem) {
      if (problem && problem.what !== what) {
        what = problem.what;
        view.update(null);
      }
      view.update(problem?.code ?? null);
    },
  };
}
