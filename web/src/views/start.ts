import type { Start } from "../app/state.js";
import { h, setAttribute, type View } from "../base/dom.js";
import { illustration } from "../base/illustration.js";
import { logo } from "../base/logo.js";
import { words } from "../words/page.js";
import { problemView } from "./problem.js";
import { type StartActions, type StartForm, startForm } from "./start-form.js";

const ROOM_PROBLEMS: ReadonlySet<string | null> = new Set([
  "invalid_room",
  "link_cut",
  "room_missing",
]);

/** The form, beside what the page is for. `below` stands under that. */
export function startView(actions: StartActions, ...below: HTMLElement[]): View<Start> {
  const form = startForm(actions);
  const { name, room } = form.fields;
  const alert = problemView({ retry: form.join });
  let drawn: Start | null = null;
  return {
    element: h(
      "main",
      { class: "start" },
      hero(below),
      h("div", { class: "card" }, alert.element, form.element),
    ),
    update(state) {
      const { problem } = state;
      alert.update(problem);
      setAttribute(name, "aria-invalid", problem === "invalid_name" && "true");
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

const hero = (below: readonly HTMLElement[]): HTMLElement =>
  h(
    "div",
    { class: "hero" },
    illustration(),
    h("h1", { class: "brand" }, logo(), "Heliograph"),
    h("p", { class: "lead" }, words.start.lead),
    h("div", { class: "hero-foot" }, ...below),
  );

/** Focuses the field that needs attention, or the button that comes next. */
function focus({ element, fields: { name, room } }: StartForm, problem: string | null): void {
  if (ROOM_PROBLEMS.has(problem)) room.focus();
  else if (problem === "invalid_name" || !name.value) name.focus();
  else element.querySelector<HTMLElement>(".primary")?.focus();
}
