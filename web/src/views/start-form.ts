import type { Form, NewRoom } from "../app/form.js";
import { readRoomField } from "../app/link.js";
import { h } from "../base/dom.js";
import type { WithPath } from "../base/picked.js";
import { words } from "../words/page.js";
import { pickButton } from "./drop.js";
import { readCapacity, type StartFields, startFields } from "./start-fields.js";

/** What the form leads to. */
export interface StartActions {
  enter(form: Form): void;
  create(form: Form, options: NewRoom): void;
  /** A new room in which these files are offered to whoever comes. */
  sendFiles(form: Form, options: NewRoom, files: readonly WithPath[]): void;
}

/** The form of the start screen. */
export interface StartForm {
  readonly element: HTMLFormElement;
  readonly fields: StartFields;
  /** Joins with what is in the fields. */
  join(): void;
  /** Fills the fields. */
  fill(form: Form): void;
  /** Puts joining first for somebody who came by a link, and a new room first for all others. */
  arrange(linked: boolean): void;
}

/** A new form, empty. `arrange` must be called before it is shown. */
export function startForm(actions: StartActions): StartForm {
  const fields = startFields();
  const { name, room, capacity, inviteOnly } = fields;
  const element = h("form", {
    class: "start-form",
    novalidate: true,
    "aria-label": words.start.form,
  });

  const filled = (): Form => ({ room: readRoomField(room.value).room, name: name.value.trim() });
  const join = (): void => actions.enter(filled());
  const options = (): NewRoom => ({
    capacity: readCapacity(capacity),
    inviteOnly: inviteOnly.checked,
  });
  const create = (): void => actions.create(filled(), options());
  const send = pickButton((files) => actions.sendFiles(filled(), options(), files), {
    class: "button primary wide",
    words: words.files.send,
  });
  onSubmit(element, room, join, create);

  return {
    element,
    fields,
    join,
    fill(form) {
      name.value = form.name;
      room.value = form.room;
    },
    arrange: arranger(element, fields, send),
  };
}

function onSubmit(
  form: HTMLFormElement,
  room: HTMLInputElement,
  join: () => void,
  create: () => void,
): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if ((event.submitter as HTMLButtonElement | null)?.value === "new") create();
    else join();
  });
  // Enter presses the first button of a form; in this field the user wants to join.
  room.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    join();
  });
}

function arranger(
  form: HTMLFormElement,
  fields: StartFields,
  send: HTMLElement,
): (linked: boolean) => void {
  const name = block(h("label", { for: "name" }, words.start.name), fields.name);
  const join = block(
    h("label", { for: "room" }, words.start.room),
    h("div", { class: "joined-fields" }, fields.room, fields.join),
  );
  const create = block(fields.create, newRoomOptions(fields));
  const or = h("p", { class: "or" }, words.start.or);
  return (linked) => {
    const make = block(send, create);
    form.replaceChildren(name, ...(linked ? [join, or, make] : [make, or, join]));
    fields.join.classList.toggle("primary", linked);
    send.querySelector("button")?.classList.toggle("primary", !linked);
  };
}

const block = (...children: HTMLElement[]): HTMLElement =>
  h("div", { class: "block" }, ...children);

const newRoomOptions = ({ inviteOnly, capacity }: StartFields): HTMLElement =>
  h(
    "details",
    { class: "options" },
    h("summary", {}, words.start.options),
    h("label", { class: "check" }, inviteOnly, h("span", {}, words.start.inviteOnly)),
    h("div", { class: "row" }, h("label", { for: "capacity" }, words.start.places), capacity),
  );
