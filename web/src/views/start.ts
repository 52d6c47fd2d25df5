import type { NewRoom } from "../app.js";
import { h, setAttribute, type View } from "../dom.js";
import { readRoomField } from "../link.js";
import { logo } from "../logo.js";
import type { Form, State } from "../state.js";
import { art } from "./art.js";
import { problemView } from "./problem.js";

export interface StartActions {
  enter(form: Form): void;
  create(form: Form, options: NewRoom): void;
}

const NAME_CODES: ReadonlySet<string | null> = new Set(["invalid_name", "name_missing"]);
const ROOM_CODES: ReadonlySet<string | null> = new Set(["invalid_room", "room_missing"]);

/** `today` stands below what the page is for. */
export function startView(actions: StartActions, today: HTMLElement): View<State> {
  const name = h("input", {
    id: "name",
    class: "field",
    "data-testid": "name-input",
    maxlength: "64",
    autocomplete: "nickname",
    autocapitalize: "words",
    dir: "auto",
    enterkeyhint: "go",
  });
  const room = h("input", {
    id: "room",
    class: "field",
    "data-testid": "room-input",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "go",
    placeholder: "Name or link",
  });
  const capacity = h("input", {
    id: "capacity",
    class: "field short",
    type: "number",
    min: "2",
    max: "32",
    value: "8",
    inputmode: "numeric",
    "data-testid": "capacity",
  });
  const inviteOnly = h("input", { type: "checkbox", checked: true, "data-testid": "invite-only" });
  const joinButton = h(
    "button",
    { type: "submit", class: "button", value: "join", "data-testid": "join" },
    "Join",
  );
  const newButton = h(
    "button",
    { type: "submit", class: "button wide", value: "new", "data-testid": "new-room" },
    "New room",
  );
  const alert = problemView({ retry: join });

  const nameBlock = h("div", { class: "block" }, h("label", { for: "name" }, "Your name"), name);
  const joinBlock = h(
    "div",
    { class: "block" },
    h("label", { for: "room" }, "Room"),
    h("div", { class: "joined-fields" }, room, joinButton),
  );
  const newBlock = h(
    "div",
    { class: "block" },
    newButton,
    h(
      "details",
      { class: "options" },
      h("summary", {}, "Options for the new room"),
      h("label", { class: "check" }, inviteOnly, h("span", {}, "Only with an invite link")),
      h("div", { class: "row" }, h("label", { for: "capacity" }, "Places"), capacity),
    ),
  );
  const or = h("p", { class: "or" }, "or");
  const form = h("form", { class: "start-form", novalidate: true, "aria-label": "Join a room" });
  const element = h(
    "main",
    { class: "start" },
    h(
      "div",
      { class: "hero" },
      art(),
      h("h1", { class: "brand" }, logo(), "Heliograph"),
      h(
        "p",
        { class: "lead" },
        "Meet in a room and talk straight from browser to browser, with nothing to install and no account.",
      ),
      today,
    ),
    h("div", { class: "card" }, alert.element, form),
  );

  let current: Form = { room: "", name: "", invite: "" };
  let drawn: State | null = null;

  const typedName = (): string => name.value.trim();

  function join(): void {
    const target = readRoomField(room.value);
    // An invite belongs to the room it came with.
    const invite = target.invite || (target.room === current.room ? current.invite : "");
    actions.enter({ room: target.room, name: typedName(), invite });
  }

  function create(): void {
    const places = Math.min(Math.max(Math.round(capacity.valueAsNumber) || 8, 2), 32);
    actions.create(
      { ...current, name: typedName() },
      { capacity: places, inviteOnly: inviteOnly.checked },
    );
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if ((event.submitter as HTMLButtonElement | null)?.value === "new") create();
    else join();
  });
  // Enter would press the first button, and in this field only joining makes sense.
  room.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    join();
  });

  function arrange(linked: boolean): void {
    const blocks = linked ? [joinBlock, or, newBlock] : [newBlock, or, joinBlock];
    form.replaceChildren(nameBlock, ...blocks);
    joinButton.classList.toggle("primary", linked);
    newButton.classList.toggle("primary", !linked);
  }

  function focus(problem: string | null): void {
    if (ROOM_CODES.has(problem)) room.focus();
    else if (NAME_CODES.has(problem) || !name.value) name.focus();
    else form.querySelector<HTMLElement>(".primary")?.focus();
  }

  return {
    element,
    update(state) {
      alert.update(state.problem);
      setAttribute(name, "aria-invalid", NAME_CODES.has(state.problem) && "true");
      setAttribute(room, "aria-invalid", ROOM_CODES.has(state.problem) && "true");
      if (drawn === state) return;
      drawn = state;
      current = state.form;
      name.value = state.form.name;
      room.value = state.form.room;
      arrange(state.form.room !== "" && state.problem !== "room_not_found");
      focus(state.problem);
    },
  };
}
