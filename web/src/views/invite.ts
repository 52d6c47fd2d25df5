import type { InviteOptions } from "@heliograph/client";
import { copy } from "../clipboard.js";
import { h, setText, type View } from "../dom.js";
import { icon } from "../icons.js";
import type { RoomView } from "../state.js";

const USES = [
  ["1", "1 person"],
  ["5", "5 people"],
  ["25", "25 people"],
] as const;
const DURATIONS = [
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "7 days"],
] as const;

export interface InviteView extends View<RoomView> {
  /** Says whether the clipboard took it. */
  copy(): Promise<boolean>;
  share(): Promise<void>;
}

export const canShare = (): boolean => typeof navigator.share === "function";

export function inviteView(make: (options: InviteOptions) => Promise<void>): InviteView {
  const field = h("input", {
    id: "invite-link",
    class: "field mono",
    readonly: true,
    "data-testid": "invite-link",
    dir: "ltr",
  });
  const copyButton = h(
    "button",
    { type: "button", class: "button primary", "data-testid": "copy" },
    icon("copy"),
    "Copy link",
  );
  const shareButton = h(
    "button",
    { type: "button", class: "button", "data-testid": "share" },
    icon("share"),
    "Share",
  );
  const hint = h("p", { class: "hint" });
  const said = h("p", { class: "hint said", role: "status" });
  const maker = makerView(async (options) => {
    await make(options);
    setText(said, "There is a new link: copy it.");
  });
  const element = h(
    "section",
    { class: "panel", "aria-labelledby": "invite-title" },
    h("h2", { id: "invite-title" }, "Invite"),
    h("label", { class: "hidden", for: "invite-link" }, "Link to this room"),
    field,
    h("div", { class: "buttons" }, copyButton, shareButton),
    hint,
    said,
    maker,
  );
  shareButton.hidden = !canShare();
  field.addEventListener("focus", () => field.select());

  const view: InviteView = {
    element,
    async copy() {
      const done = await copy(field.value, field);
      setText(
        said,
        done
          ? "Copied. Now send it."
          : "Copy the marked link yourself: the browser does not let us.",
      );
      return done;
    },
    async share() {
      try {
        await navigator.share({ title: "Heliograph", url: field.value });
      } catch {
        // Closed without choosing anyone: nothing to say.
      }
    },
    update(room) {
      if (field.value !== room.link) {
        field.value = room.link;
        setText(said, "");
      }
      setText(hint, hintFor(room));
      maker.hidden = room.self.role !== "host" || !room.inviteOnly;
    },
  };
  copyButton.addEventListener("click", () => void view.copy());
  shareButton.addEventListener("click", () => void view.share());
  return view;
}

function hintFor(room: RoomView): string {
  if (room.locked) return "The room is locked: the link works again once it is unlocked.";
  if (!room.inviteOnly) return "Anyone with this link can join.";
  return "This link carries an invite, which lets in a limited number of people.";
}

function makerView(make: (options: InviteOptions) => Promise<void>): HTMLElement {
  const choice = (id: string, options: readonly (readonly [string, string])[]): HTMLSelectElement =>
    h(
      "select",
      { id, class: "field" },
      ...options.map(([value, text]) => h("option", { value }, text)),
    );
  const uses = choice("invite-uses", USES);
  const ttl = choice("invite-ttl", DURATIONS);
  uses.value = "5";
  ttl.value = "86400";
  const button = h(
    "button",
    { type: "submit", class: "button", "data-testid": "make-invite" },
    icon("plus"),
    "New invite link",
  );
  const form = h(
    "form",
    { class: "maker" },
    h("div", { class: "row" }, h("label", { for: "invite-uses" }, "Lets in"), uses),
    h("div", { class: "row" }, h("label", { for: "invite-ttl" }, "Works for"), ttl),
    button,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    make({ uses: Number(uses.value), ttl: Number(ttl.value) }).finally(() => {
      button.disabled = false;
    });
  });
  return h("details", { class: "options" }, h("summary", {}, "Make another invite"), form);
}
