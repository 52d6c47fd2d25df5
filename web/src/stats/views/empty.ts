import { h, setText } from "../../base/dom.js";
import { illustration } from "../../base/illustration.js";
import { words } from "../../words/stats.js";

/** Words instead of figures. */
export interface EmptyView {
  readonly element: HTMLElement;
  /** null hides it. */
  update(says: { readonly title: string; readonly words: string } | null): void;
}

/** Instead of figures and plots, where there is nothing to show. */
export function emptyView(): EmptyView {
  const title = h("h2", {});
  const said = h("p", { class: "hint" });
  const element = h(
    "div",
    { class: "card empty", "data-testid": "state-empty" },
    illustration(),
    title,
    said,
    h("a", { class: "button primary", href: "../" }, words.frame.startRoom),
  );
  return {
    element,
    update(says) {
      element.hidden = !says;
      setText(title, says?.title ?? "");
      setText(said, says?.words ?? "");
    },
  };
}
