import { h, setText, type View } from "../base/dom.js";
import type { Files } from "../transfers/model.js";
import { nameOf } from "../words/notes.js";
import { words } from "../words/page.js";

/** To whom files are sent, where several people are here. */
export interface ChooseActions {
  /** null: to everyone. */
  choose(to: string | null): void;
  cancelChoice(): void;
}

export function chooseView({ choose, cancelChoice }: ChooseActions): View<Files> {
  const title = h("h2", { id: "choose-title" });
  const people = h("div", { class: "choices" });
  const cancel = h("button", { type: "button", class: "button" }, words.files.cancel);
  const element = h(
    "dialog",
    { class: "choose card", "aria-labelledby": "choose-title", "data-testid": "choose" },
    ...[title, people, cancel],
  );
  cancel.addEventListener("click", cancelChoice);
  element.addEventListener("cancel", (event) => {
    event.preventDefault();
    cancelChoice();
  });
  let shown = "";

  return {
    element,
    update({ choosing, people: all }) {
      if (choosing.length === 0) {
        if (element.open) element.close();
        return;
      }
      setText(title, words.files.choose(choosing.length));
      const now = JSON.stringify(all);
      if (now !== shown) people.replaceChildren(...all.map(choice), choice(null));
      shown = now;
      // A browser opens no dialog that is not in the page yet.
      if (!element.open && element.isConnected) element.showModal();
    },
  };

  function choice(person: { readonly id: string; readonly name: string } | null): HTMLElement {
    const kind = person ? "button wide" : "button primary wide";
    const whom = person ? h("bdi", {}, nameOf(person.name)) : words.files.everyone;
    const button = h("button", { type: "button", class: kind, "data-testid": "choice" }, whom);
    button.addEventListener("click", () => choose(person?.id ?? null));
    return button;
  }
}
