import { h, setText, type View } from "../base/dom.js";
import type { Switch } from "../notices/model.js";
import { callProblemWords } from "../words/call.js";
import { words } from "../words/page.js";

/** The switch for notices of the browser, and why it is not on. */
export function noticesView(press: () => void): View<Switch> {
  const input = h("input", { type: "checkbox", id: "notices", "data-testid": "notices" });
  const label = h("label", { class: "check", for: "notices" }, input, words.notices);
  const hint = h("p", { class: "hint", role: "status" });
  input.addEventListener("change", press);
  return {
    element: h("div", {}, label, hint),
    update({ state, problem }) {
      input.checked = state === "on";
      input.disabled = state === "asking";
      const { title, next } = problem
        ? callProblemWords("notices", problem)
        : { title: "", next: "" };
      setText(hint, `${title} ${next}`.trim());
    },
  };
}
