import { h, setAttribute } from "../../base/dom.js";
import { words } from "../../words/stats.js";
import { RANGES, type Range, rangeLink } from "../model/range.js";

/** The choice of a range. */
export interface RangesView {
  readonly element: HTMLElement;
  /** Marks the range that is shown. */
  update(range: Range): void;
}

/** The links to the ranges. `choose` is called instead of loading the page again. */
export function rangesView(choose: (range: Range) => void): RangesView {
  const links = RANGES.map((range) => ({ range, link: rangeAnchor(range, choose) }));
  const items = links.map(({ link }) => h("li", {}, link));
  return {
    element: h("nav", { "aria-label": words.frame.range }, h("ul", { class: "ranges" }, ...items)),
    update(range) {
      for (const one of links)
        setAttribute(one.link, "aria-current", one.range === range && "true");
    },
  };
}

function rangeAnchor(range: Range, choose: (range: Range) => void): HTMLAnchorElement {
  const link = h(
    "a",
    { class: "range", href: rangeLink(range), "data-testid": `range-${range}` },
    words.ranges[range],
  );
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return; // opens a new tab or window
    event.preventDefault();
    choose(range);
  });
  return link;
}
