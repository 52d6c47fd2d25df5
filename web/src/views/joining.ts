import { h, setText, type View } from "../dom.js";
import { logo } from "../logo.js";
import type { State } from "../state.js";
import { PROVING } from "../words.js";
import { problemView } from "./problem.js";

export interface JoiningActions {
  retry(): void;
  cancel(): void;
}

export function joiningView({ retry, cancel }: JoiningActions): View<State> {
  const what = h("h1", { class: "joining-title", tabindex: "-1" });
  const alert = problemView({ retry });
  const button = h(
    "button",
    { type: "button", class: "button", "data-testid": "cancel" },
    "Cancel",
  );
  button.addEventListener("click", cancel);
  const status = h("div", { role: "status" }, what);
  const element = h("main", { class: "joining" }, logo(), status, alert.element, button);
  return {
    element,
    update(state) {
      const coming = state.form.room ? `Joining ${state.form.room}…` : "Making a room…";
      setText(what, state.proving ? PROVING : coming);
      alert.update(state.problem);
    },
  };
}
