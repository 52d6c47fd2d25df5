import type { Entering } from "../app/state.js";
import { h, setSentence, type View } from "../base/dom.js";
import { logo } from "../base/logo.js";
import { isolate } from "../language/isolate.js";
import { words } from "../words/page.js";
import { roomWords } from "../words/room.js";
import { problemView } from "./problem.js";

/** What the user can do while a join is under way. */
export interface JoiningActions {
  retry(): void;
  cancel(): void;
}

/** Between the form and the room: what happens, what is wrong, and the way back. */
export function joiningView({ retry, cancel }: JoiningActions): View<Entering> {
  const title = h("h1", { class: "joining-title", tabindex: "-1" });
  const alert = problemView({ retry });
  const button = h(
    "button",
    { type: "button", class: "button", "data-testid": "cancel" },
    words.joining.cancel,
  );
  button.addEventListener("click", cancel);
  const status = h("div", { role: "status" }, title);
  const element = h("main", { class: "joining" }, logo(), status, alert.element, button);
  return {
    element,
    update(state) {
      setSentence(title, titleFor(state));
      alert.update(state.problem);
    },
  };
}

function titleFor(state: Entering): string {
  if (state.phase !== "waiting" && state.proving) return words.joining.proving;
  if (state.phase === "creating") return words.joining.creating;
  return words.joining.joining(isolate(roomWords(state.form.room)));
}
