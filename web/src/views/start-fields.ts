import { h } from "../base/dom.js";
import { words } from "../words/page.js";

/** What the start screen asks for. The ids go with the labels in `start-form.ts`. */
export interface StartFields {
  readonly name: HTMLInputElement;
  readonly room: HTMLInputElement;
  readonly capacity: HTMLInputElement;
  readonly inviteOnly: HTMLInputElement;
  readonly join: HTMLButtonElement;
  readonly create: HTMLButtonElement;
}

/** Members of a room, protocol §1. */
export const CAPACITY = { least: 2, usual: 8, most: 32 } as const;
/** The longest name, protocol §1. */
const MAX_NAME_CHARACTERS = 64;

/** New fields, empty. */
export const startFields = (): StartFields => ({
  name: nameField(),
  room: roomField(),
  capacity: capacityField(),
  inviteOnly: h("input", {
    ...{ id: "invite-only", type: "checkbox", checked: true },
    "data-testid": "invite-only",
  }),
  join: h(
    "button",
    { type: "submit", class: "button", value: "join", "data-testid": "join" },
    words.start.join,
  ),
  create: h(
    "button",
    { type: "submit", class: "button wide", value: "new", "data-testid": "new-room" },
    words.start.create,
  ),
});

const nameField = (): HTMLInputElement =>
  h("input", {
    id: "name",
    class: "field",
    "data-testid": "name-input",
    maxlength: String(MAX_NAME_CHARACTERS),
    autocomplete: "nickname",
    autocapitalize: "words",
    dir: "auto",
    enterkeyhint: "go",
  });

const roomField = (): HTMLInputElement =>
  h("input", {
    id: "room",
    class: "field",
    "data-testid": "room-input",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    enterkeyhint: "go",
    placeholder: words.start.roomHint,
  });

const capacityField = (): HTMLInputElement =>
  h("input", {
    id: "capacity",
    class: "field short",
    type: "number",
    min: String(CAPACITY.least),
    max: String(CAPACITY.most),
    value: String(CAPACITY.usual),
    inputmode: "numeric",
    "data-testid": "capacity",
  });

/** The number in the field, brought into the range; the usual one if there is none. */
export function readCapacity(field: HTMLInputElement): number {
  const typed = Math.round(field.valueAsNumber) || CAPACITY.usual;
  return Math.min(Math.max(typed, CAPACITY.least), CAPACITY.most);
}
