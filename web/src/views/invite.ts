import type { InviteOptions } from "@heliograph/client";
import { isByInvite, type RoomView } from "../app/room.js";
import { copyText } from "../base/clipboard.js";
import { h, setText, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { canShare, shareLink } from "../base/share.js";
import { words } from "../words/page.js";
import { inviteForm } from "./invite-form.js";
import { qrView } from "./qr.js";

/** The link, which other parts of the page can copy and share too. */
export interface InviteView extends View<RoomView> {
  /** Resolves with whether the link is in the clipboard now. */
  copy(): Promise<boolean>;
  share(): Promise<void>;
}

/** The link to the room. `make` asks for another invite; the room's state says when it is there. */
export function inviteView(make: (options: Required<InviteOptions>) => void): InviteView {
  const field = linkField();
  const hint = h("p", { class: "hint" });
  const said = h("p", { class: "hint said", role: "status" });
  const form = inviteForm(make);
  const qr = qrView();
  const view: InviteView = {
    element: panel(
      field,
      linkButtons(
        () => view.copy(),
        () => view.share(),
      ),
      hint,
      said,
      qr.element,
      form.element,
    ),
    async copy() {
      const done = await copyText(field.value, field);
      setText(said, done ? words.link.copied : words.link.notCopied);
      return done;
    },
    share: () => shareLink(field.value),
    update(room) {
      if (field.value !== room.link) {
        setText(said, field.value === "" ? "" : words.link.changed);
        field.value = room.link;
      }
      setText(hint, hintFor(room));
      qr.update(room);
      form.update(room);
    },
  };
  return view;
}

function linkField(): HTMLInputElement {
  const field = h("input", {
    id: "invite-link",
    class: "field mono",
    readonly: true,
    "data-testid": "invite-link",
    dir: "ltr",
  });
  field.addEventListener("focus", () => field.select());
  return field;
}

function linkButtons(copy: () => Promise<boolean>, share: () => Promise<void>): HTMLElement {
  const copyButton = h(
    "button",
    { type: "button", class: "button primary", "data-testid": "copy" },
    icon("copy"),
    words.link.copy,
  );
  const shareButton = h(
    "button",
    { type: "button", class: "button", "data-testid": "share" },
    icon("share"),
    words.link.share,
  );
  shareButton.hidden = !canShare();
  copyButton.addEventListener("click", () => void copy());
  shareButton.addEventListener("click", () => void share());
  return h("div", { class: "buttons" }, copyButton, shareButton);
}

const panel = (field: HTMLElement, ...rest: HTMLElement[]): HTMLElement =>
  h(
    "section",
    { class: "panel", "aria-labelledby": "invite-title" },
    h("h2", { id: "invite-title" }, words.invite.title),
    h("label", { class: "hidden", for: "invite-link" }, words.invite.label),
    field,
    ...rest,
  );

function hintFor(room: RoomView): string {
  if (room.locked) return words.invite.locked;
  if (!isByInvite(room)) return words.invite.open;
  return words.invite.limited;
}
