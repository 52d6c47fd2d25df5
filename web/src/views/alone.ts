import { h, setText, type View } from "../dom.js";
import { icon } from "../icons.js";
import type { RoomView } from "../state.js";
import { canShare } from "./invite.js";

export interface LinkActions {
  /** Says whether the clipboard took it. */
  copyLink(): Promise<boolean>;
  shareLink(): void;
}

/** What an empty room says. */
export function aloneView(actions: LinkActions): View<RoomView> {
  const title = h("p", { class: "alone-title" });
  const said = h("p", { class: "hint said", role: "status" });
  const copyButton = h(
    "button",
    { type: "button", class: "button primary" },
    icon("copy"),
    "Copy link",
  );
  const shareButton = h("button", { type: "button", class: "button" }, icon("share"), "Share");
  let link = "";
  copyButton.addEventListener("click", async () => {
    setText(said, (await actions.copyLink()) ? "Copied. Now send it." : link);
  });
  shareButton.addEventListener("click", actions.shareLink);
  shareButton.hidden = !canShare();
  const element = h(
    "div",
    { class: "alone", "data-testid": "alone" },
    title,
    h("div", { class: "buttons" }, copyButton, shareButton),
    said,
  );
  return {
    element,
    update(room) {
      element.hidden = room.people.length > 0;
      if (link !== room.link || element.hidden) setText(said, "");
      link = room.link;
      const before = room.entries.length > 0;
      setText(
        title,
        before
          ? "Nobody else is here now. Send the link again?"
          : "Nobody else is here yet. Send the link.",
      );
    },
  };
}
