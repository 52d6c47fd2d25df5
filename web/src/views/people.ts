import { h, setAttribute, setText, type View } from "../dom.js";
import { type IconName, icon } from "../icons.js";
import type { Person, RoomView } from "../state.js";
import { nameOf, PATH_MEANS, PATH_WORDS, STATE_WORDS } from "../words.js";
import { avatar } from "./avatar.js";

const STATE_ICONS: Readonly<Record<Person["state"], IconName>> = {
  connecting: "wait",
  connected: "check",
  reconnecting: "again",
  failed: "alert",
};

interface Row {
  readonly element: HTMLElement;
  update(person: Person, host: boolean): void;
}

export function peopleView(kick: (person: Person) => void): View<RoomView> {
  const rows = new Map<string, Row>();
  const title = h("h2", { id: "people-title" });
  const me = h("li", { class: "person", "data-testid": "self" });
  const list = h("ul", { class: "people", "aria-labelledby": "people-title" }, me);
  const element = h("section", { class: "panel" }, title, list, legend());

  return {
    element,
    update(room) {
      setText(title, `People (${room.people.length + 1} of ${room.capacity})`);
      if (!me.hasChildNodes()) me.append(avatar(room.self.name, room.self.id), self(room));
      const present = new Set(room.people.map((person) => person.id));
      for (const [id, row] of rows) {
        if (present.has(id)) continue;
        row.element.remove();
        rows.delete(id);
      }
      for (const person of room.people) {
        let row = rows.get(person.id);
        if (!row) {
          row = personRow(kick);
          rows.set(person.id, row);
          list.append(row.element);
        }
        row.update(person, room.self.role === "host");
      }
    },
  };
}

function self(room: RoomView): HTMLElement {
  const name = h("bdi", { class: "person-name" }, nameOf(room.self.name));
  const words = room.self.role === "host" ? "You, host" : "You";
  return h("div", { class: "person-text" }, name, h("span", { class: "person-state" }, words));
}

function personRow(kick: (person: Person) => void): Row {
  const name = h("bdi", { class: "person-name" });
  const host = h("span", { class: "badge" }, "Host");
  const state = h("span", { class: "mark" });
  const path = h("span", { class: "mark" });
  const remove = h(
    "button",
    { type: "button", class: "button quiet icon-only", "data-testid": "kick" },
    icon("remove"),
  );
  const face = h("div", { class: "face" });
  const element = h(
    "li",
    { class: "person", "data-testid": "peer" },
    face,
    h(
      "div",
      { class: "person-text" },
      h("div", { class: "person-line" }, name, host),
      h("div", { class: "person-state" }, state, path),
    ),
    remove,
  );
  let shown: Person | null = null;
  remove.addEventListener("click", () => shown && kick(shown));

  return {
    element,
    update(person, mayKick) {
      remove.hidden = !mayKick;
      if (shown === person) return;
      shown = person;
      setAttribute(element, "data-peer", person.id);
      setAttribute(element, "data-name", person.name);
      setAttribute(element, "data-state", person.state);
      setAttribute(element, "data-path", person.path);
      setText(name, nameOf(person.name));
      host.hidden = person.role !== "host";
      face.replaceChildren(avatar(person.name, person.id));
      state.replaceChildren(icon(STATE_ICONS[person.state]), STATE_WORDS[person.state]);
      path.replaceChildren(icon(person.path), PATH_WORDS[person.path]);
      const label = `Remove ${nameOf(person.name)} from the room`;
      setAttribute(remove, "aria-label", label);
      setAttribute(remove, "title", label);
    },
  };
}

/** What the three ways mean, for whoever wonders. */
function legend(): HTMLElement {
  const terms = (["direct", "relayed", "server"] as const).flatMap((path) => [
    h("dt", {}, icon(path), PATH_WORDS[path]),
    h("dd", {}, PATH_MEANS[path]),
  ]);
  return h(
    "details",
    { class: "options" },
    h("summary", {}, "What do the signs mean?"),
    h("dl", { class: "legend" }, ...terms),
  );
}
