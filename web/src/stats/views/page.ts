import { h, setAttribute, setText } from "../../dom.js";
import { icon } from "../../icons.js";
import { logo } from "../../logo.js";
import { art } from "../../views/art.js";
import type { Format } from "../format.js";
import { figuresOf } from "../headline.js";
import { kindsOf } from "../kinds.js";
import { plotsOf } from "../plots.js";
import { RANGE_WORDS, RANGES, type Range, rangeLink } from "../range.js";
import { screenOf } from "../screen.js";
import type { State } from "../state.js";
import type { Summary } from "../summary.js";
import { figuresView } from "./figures.js";
import { plotView } from "./plot.js";

export interface PageActions {
  choose(range: Range): void;
  retry(): void;
}

export interface PageView {
  readonly element: HTMLElement;
  update(state: State): void;
  repaint(): void;
}

export function pageView(actions: PageActions, format: Format): PageView {
  const ranges = rangesView(actions.choose);
  const when = h("p", { class: "hint when" });
  const alert = h("div", { role: "alert", class: "alert-place" });
  const demo = h(
    "div",
    { class: "banner", "data-testid": "demo", role: "note" },
    icon("alert"),
    h(
      "p",
      {},
      h("strong", {}, "Demonstration data. "),
      "Made up, not measured: nobody had these calls.",
    ),
  );
  const figures = figuresView();
  const plots = kindsOf(format.count(1_000)).map(([id, kind]) => ({
    id,
    view: plotView(id, kind),
  }));
  const full = h(
    "div",
    { class: "full" },
    figures.element,
    h("div", { class: "plots" }, ...plots.map(({ view }) => view.element)),
  );
  const empty = emptyView();
  const element = h(
    "div",
    { class: "stats" },
    h(
      "header",
      { class: "stats-head" },
      h("a", { class: "home", href: "../" }, logo(), "Heliograph"),
      h("a", { class: "button", href: "../" }, icon("plus"), "New room"),
    ),
    h(
      "main",
      {},
      h(
        "div",
        { class: "stats-title" },
        h("h1", { tabindex: "-1" }, "Statistics"),
        h("p", { class: "lead" }, "How calls go here. Counted without names, addresses or rooms."),
      ),
      h("div", { class: "stats-bar" }, ranges.element, when),
      alert,
      demo,
      full,
      empty.element,
    ),
    h(
      "footer",
      { class: "hint stats-foot" },
      "Days are those of UTC, and today is not over. Where only few called there is a gap, so that nobody can be picked out.",
    ),
  );

  let shown: Summary | null | undefined;
  let problem = "";

  function setProblem(words: string): void {
    if (words === problem) return;
    problem = words;
    alert.replaceChildren(...(words ? [problemBox(words, actions.retry)] : []));
  }

  return {
    element,
    repaint() {
      for (const { view } of plots) view.repaint();
    },
    update(state) {
      const screen = screenOf(state, format);
      ranges.update(state.range);
      setText(when, screen.when);
      setProblem(screen.problem);
      demo.hidden = !screen.demo;
      full.hidden = screen.type !== "full";
      empty.update(screen.type === "empty" ? screen : null);
      if (screen.type !== "full" || shown === state.summary) return;
      shown = state.summary;
      figures.update(shown && figuresOf(shown, state.range, format));
      const drawings = shown && plotsOf(shown, format);
      for (const { id, view } of plots)
        view.update(drawings?.find((plot) => plot.id === id) ?? null);
    },
  };
}

function rangesView(choose: (range: Range) => void): {
  element: HTMLElement;
  update(range: Range): void;
} {
  const links = RANGES.map((range) => {
    const link = h(
      "a",
      { class: "range", href: rangeLink(range), "data-testid": `range-${range}` },
      RANGE_WORDS[range],
    );
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return; // into a new tab
      event.preventDefault();
      choose(range);
    });
    return { range, link };
  });
  const items = links.map(({ link }) => h("li", {}, link));
  return {
    element: h("nav", { "aria-label": "Range" }, h("ul", { class: "ranges" }, ...items)),
    update(range) {
      for (const one of links)
        setAttribute(one.link, "aria-current", one.range === range && "true");
    },
  };
}

function problemBox(words: string, retry: () => void): HTMLElement {
  const again = h(
    "button",
    { type: "button", class: "button", "data-testid": "retry" },
    icon("again"),
    "Try again",
  );
  again.addEventListener("click", retry);
  return h(
    "div",
    { class: "problem", "data-testid": "state-error" },
    icon("alert"),
    h(
      "div",
      { class: "problem-text" },
      h("strong", {}, "The statistics are away."),
      h("p", {}, words),
    ),
    again,
  );
}

function emptyView(): {
  element: HTMLElement;
  update(says: { readonly title: string; readonly words: string } | null): void;
} {
  const title = h("h2", {});
  const words = h("p", { class: "hint" });
  const element = h(
    "div",
    { class: "card empty", "data-testid": "state-empty" },
    art(),
    title,
    words,
    h("a", { class: "button primary", href: "../" }, "Start a room"),
  );
  return {
    element,
    update(says) {
      element.hidden = !says;
      setText(title, says?.title ?? "");
      setText(words, says?.words ?? "");
    },
  };
}
