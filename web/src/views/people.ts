import type { Person } from "../app/events.js";
import type { RoomView } from "../app/room.js";
import { h, setText, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { nameOf } from "../words/notes.js";
import { words } from "../words/page.js";
import { avatar } from "./avatar.js";
import { type PersonRow, personRow } from "./person.js";

/** Everyone in the room, the user first. `kick` is called for the person to remove. */
export function peopleView(kick: (person: Person) => void): View<RoomView> {
  const rows = new Map<string, PersonRow>();
  const title = h("h2", { id: "people-title" });
  const me = h("li", { class: "person", "data-testid": "self" });
  const list = h("ul", { class: "people", "aria-labelledby": "people-title" }, me);
  const element = h("section", { class: "panel" }, title, list, legend());

  return {
    element,
    update(room) {
      setText(title, words.people.title(room.people.length + 1, room.capacity));
      if (!me.hasChildNodes()) me.append(avatar(room.self.name, room.self.id), selfText(room));
      removeAbsent(rows, room);
      for (const person of room.people) {
        const row = rows.get(person.id) ?? personRow(kick);
        if (!rows.has(person.id)) list.append(row.element);
        rows.set(person.id, row);
        row.update(person, room.self.role === "host");
      }
    },
  };
}

function removeAbsent(rows: Map<string, PersonRow>, { people }: RoomView): void {
  const present = new Set(people.map(({ id }) => id));
  for (const [id, row] of rows) {
    if (present.has(id)) continue;
    row.element.remove();
    rows.delete(id);
  }
}

function selfText({ self }: RoomView): HTMLElement {
  const name = h("bdi", { class: "person-name" }, nameOf(self.name));
  const who = self.role === "host" ? words.people.youHost : words.people.you;
  return h(
    "div",
    { class: "person-text" },
    h("div", { class: "person-line" }, name),
    h("span", { class: "person-state" }, who),
  );
}

/** What the three paths mean. */
function legend(): HTMLElement {
  const terms = (["direct", "relayed", "server"] as const).flatMap((path) => [
    h("dt", {}, icon(path), words.people.paths[path]),
    h("dd", {}, words.people.pathsMean[path]),
  ]);
  return h(
    "details",
    { class: "options" },
    h("summary", {}, words.people.signs),
    h("dl", { class: "legend" }, ...terms),
  );
}
