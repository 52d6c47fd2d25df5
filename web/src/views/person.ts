import type { Person } from "../app/events.js";
import { h, setAttribute, setText } from "../base/dom.js";
import { type IconName, icon } from "../base/icons.js";
import { nameIn, nameOf } from "../words/notes.js";
import { words } from "../words/page.js";
import { avatar } from "./avatar.js";

const STATE_ICONS: Readonly<Record<Person["state"], IconName>> = {
  connecting: "wait",
  connected: "check",
  reconnecting: "again",
  failed: "alert",
};

/** One other member in the list of people. */
export interface PersonRow {
  readonly element: HTMLElement;
  update(person: Person, mayKick: boolean): void;
}

/** `kick` is called for the person whom the host wants to remove. */
export function personRow(kick: (person: Person) => void): PersonRow {
  const face = h("div", { class: "face" });
  const text = textParts();
  const remove = removeButton();
  const element = h(
    "li",
    { class: "person", "data-testid": "peer" },
    face,
    text.element,
    remove.element,
  );
  let shown: Person | null = null;
  remove.element.addEventListener("click", () => shown && kick(shown));

  return {
    element,
    update(person, mayKick) {
      remove.element.hidden = !mayKick;
      if (shown === person) return;
      shown = person;
      mark(element, person);
      face.replaceChildren(avatar(person.name, person.id));
      text.update(person);
      remove.update(person);
    },
  };
}

/** For tests: see `data-testid` in the README. */
function mark(element: HTMLElement, { id, name, state, path }: Person): void {
  setAttribute(element, "data-peer", id);
  setAttribute(element, "data-name", name);
  setAttribute(element, "data-state", state);
  setAttribute(element, "data-path", path);
}

function textParts(): { element: HTMLElement; update(person: Person): void } {
  const name = h("bdi", { class: "person-name" });
  const host = h("span", { class: "badge" }, words.people.host);
  const state = h("span", { class: "mark" });
  const path = h("span", { class: "mark" });
  return {
    element: h(
      "div",
      { class: "person-text" },
      h("div", { class: "person-line" }, name, host),
      h("div", { class: "person-state" }, state, path),
    ),
    update(person) {
      setText(name, nameOf(person.name));
      host.hidden = person.role !== "host";
      const { states, paths } = words.people;
      state.replaceChildren(icon(STATE_ICONS[person.state]), states[person.state]);
      path.replaceChildren(icon(person.path), paths[person.path]);
    },
  };
}

function removeButton(): { element: HTMLElement; update(person: Person): void } {
  const element = h(
    "button",
    { type: "button", class: "button quiet icon-only", "data-testid": "kick" },
    icon("remove"),
  );
  return {
    element,
    update({ name }) {
      const label = words.people.remove(nameIn(name));
      setAttribute(element, "aria-label", label);
      setAttribute(element, "title", label);
    },
  };
}
