import type { InviteOptions } from "@heliograph/client";
import { isByInvite, type RoomView } from "../app/room.js";
import { h, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { words } from "../words/page.js";

type Choices = readonly (readonly [value: string, text: string])[];

const usesChoices = (): Choices =>
  [1, 5, 25].map((count) => [String(count), words.invite.persons(count)]);
/** Values in seconds. */
const timeChoices = (): Choices => [
  ["3600", words.invite.hours(1)],
  ["86400", words.invite.days(1)],
  ["604800", words.invite.days(7)],
];
const USUAL_USES = "5";
const USUAL_DURATION = "86400";

/** Where the host of an invite-only room asks for another invite. Hidden for everyone else. */
export function inviteForm(make: (options: Required<InviteOptions>) => void): View<RoomView> {
  const uses = choice("invite-uses", usesChoices(), USUAL_USES);
  const ttl = choice("invite-ttl", timeChoices(), USUAL_DURATION);
  const button = h(
    "button",
    { type: "submit", class: "button", "data-testid": "make-invite" },
    icon("plus"),
    words.invite.make,
  );
  const rows = [row(words.invite.uses, uses), row(words.invite.time, ttl)];
  const form = h("form", { class: "maker" }, ...rows, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    make({ uses: Number(uses.value), ttl: Number(ttl.value) });
  });
  const title = h("summary", {}, words.invite.another);
  const element = h("details", { class: "options" }, title, form);
  return {
    element,
    update(room) {
      element.hidden = room.self.role !== "host" || !isByInvite(room);
      button.disabled = room.makingInvite;
    },
  };
}

function choice(id: string, choices: Choices, usual: string): HTMLSelectElement {
  const options = choices.map(([value, text]) => h("option", { value }, text));
  const select = h("select", { id, class: "field" }, ...options);
  select.value = usual;
  return select;
}

const row = (label: string, field: HTMLElement): HTMLElement =>
  h("div", { class: "row" }, h("label", { for: field.id }, label), field);
