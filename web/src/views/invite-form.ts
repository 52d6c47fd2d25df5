import type { InviteOptions } from "@heliograph/client";
import { isByInvite, type RoomView } from "../app/room.js";
import { h, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";

type Choices = readonly (readonly [value: string, text: string])[];

const USES: Choices = [
  ["1", "1 person"],
  ["5", "5 people"],
  ["25", "25 people"],
];
/** Values in seconds. */
const DURATIONS: Choices = [
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "7 days"],
];
const USUAL_USES = "5";
const USUAL_DURATION = "86400";

/** Where the host of an invite-only room asks for another invite. Hidden for everyone else. */
export function inviteForm(make: (options: Required<InviteOptions>) => void): View<RoomView> {
  const uses = choice("invite-uses", USES, USUAL_USES);
  const ttl = choice("invite-ttl", DURATIONS, USUAL_DURATION);
  const button = h(
    "button",
    { type: "submit", class: "button", "data-testid": "make-invite" },
    icon("plus"),
    "New invite link",
  );
  const form = h("form", { class: "maker" }, row("Lets in", uses), row("Works for", ttl), button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    make({ uses: Number(uses.value), ttl: Number(ttl.value) });
  });
  const title = h("summary", {}, "Make another invite");
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
