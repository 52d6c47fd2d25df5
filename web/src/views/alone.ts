import type { RoomView } from "../app/room.js";
import { h, setText, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { canShare } from "../base/share.js";
import { words } from "../words/page.js";

/** What can be done with the link to the room. */
export interface LinkActions {
  /** Resolves with whether the link is in the clipboard now. */
  copyLink(): Promise<boolean>;
  shareLink(): void;
}

const titleFor = ({ entries }: RoomView): string =>
  entries.length > 0 ? words.chat.aloneAgain : words.chat.aloneFirst;

/** What the chat shows while nobody else is in the room. */
export function aloneView(actions: LinkActions): View<RoomView> {
  const title = h("p", { class: "alone-title" });
  const said = h("p", { class: "hint said", role: "status" });
  let link = "";
  const buttons = linkButtons(actions, (copied) =>
    setText(said, copied ? words.link.copied : link),
  );
  const element = h("div", { class: "alone", "data-testid": "alone" }, title, buttons, said);
  return {
    element,
    update(room) {
      element.hidden = room.people.length > 0;
      if (link !== room.link || element.hidden) setText(said, "");
      link = room.link;
      setText(title, titleFor(room));
    },
  };
}

function linkButtons(actions: LinkActions, copied: (done: boolean) => void): HTMLElement {
  const attributes = { type: "button", class: "button" };
  const copy = h(
    "button",
    { ...attributes, class: "button primary" },
    icon("copy"),
    words.link.copy,
  );
  const share = h("button", attributes, icon("share"), words.link.share);
  copy.addEventListener("click", async () => copied(await actions.copyLink()));
  share.addEventListener("click", actions.shareLink);
  share.hidden = !canShare();
  return h("div", { class: "buttons" }, copy, share);
}
