import { h, setText, type View } from "../base/dom.js";
import type { Files } from "../transfers/model.js";
import { chooseWords, EVERYONE } from "../words/files.js";
import { nameOf } from "../words/notes.js";

/** To whom files are sent, where several people are here. */
export interface ChooseActions {
  /** null: to everyone. */
  choose(to: string | null): void;
  cancelChoice(): void;
}

export function chooseView({ choose, cancelChoice }: ChooseActions): View<Files> {
  const title = h("h2", { id: "choose-title" });
  const people = h("div", { class: "choices" });
  const cancel = h("button", { type: "button", class: "button" }, "Cancel");
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
      setText(title, chooseWords(choosing.length));
      const now = JSON.stringify(all);
      if (now !== shown) people.replaceChildren(...all.map(choice), choice(null));
      shown = now;
      if (!element.open) element.showModal();
    },
  };

  function choice(person: { readonly id: string; readonly name: string } | null): HTMLElement {
    const kind = person ? "button wide" : "button primary wide";
    const words = person ? h("bdi", {}, nameOf(person.name)) : EVERYONE;
    const button = h("button", { type: "button", class: kind, "data-testid": "choice" }, words);
    button.addEventListener("click", () => choose(person?.id ?? null));
    return button;
  }
}
