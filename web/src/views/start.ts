import type { Start } from "../app/state.js";
import { h, setAttribute, type View } from "../base/dom.js";
import { illustration } from "../base/illustration.js";
import { logo } from "../base/logo.js";
import { problemView } from "./problem.js";
import { type StartActions, type StartForm, startForm } from "./start-form.js";

const NAME_PROBLEMS: ReadonlySet<string | null> = new Set(["invalid_name", "name_missing"]);
const ROOM_PROBLEMS: ReadonlySet<string | null> = new Set([
  "invalid_room",
  "link_cut",
  "room_missing",
]);
const LEAD =
  "Send files and talk straight from browser to browser, with nothing to install and no account.";

/** The form, beside what the page is for. `today` is shown below that. */
export function startView(actions: StartActions, today: HTMLElement): View<Start> {
  const form = startForm(actions);
  const { name, room } = form.fields;
  const alert = problemView({ retry: form.join });
  let drawn: Start | null = null;
  return {
    element: h(
      "main",
      { class: "start" },
      hero(today),
      h("div", { class: "card" }, alert.element, form.element),
    ),
    update(state) {
      const { problem } = state;
      alert.update(problem);
      setAttribute(name, "aria-invalid", NAME_PROBLEMS.has(problem) && "true");
      setAttribute(room, "aria-invalid", ROOM_PROBLEMS.has(problem) && "true");
      // The fields are the user's: only a new state fills them.
      if (drawn === state) return;
      drawn = state;
      form.fill(state.form);
      form.arrange(state.form.room !== "" && problem !== "room_not_found");
      focus(form, problem);
    },
  };
}

const hero = (today: HTMLElement): HTMLElement =>
  h(
    "div",
    { class: "hero" },
    illustration(),
    h("h1", { class: "brand" }, logo(), "Heliograph"),
    h("p", { class: "lead" }, LEAD),
    today,
  );

/** Focuses the field that needs attention, or the button that comes next. */
function focus({ element, fields: { name, room } }: StartForm, problem: string | null): void {
  if (ROOM_PROBLEMS.has(problem)) room.focus();
  else if (NAME_PROBLEMS.has(problem) || !name.value) name.focus();
  else element.querySelector<HTMLElement>(".primary")?.focus();
}
