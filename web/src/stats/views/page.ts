import { h, setText } from "../../base/dom.js";
import { icon } from "../../base/icons.js";
import { languageChoice } from "../../base/language-choice.js";
import { logo } from "../../base/logo.js";
import type { Language } from "../../language/choose.js";
import { language, words } from "../../words/stats.js";
import type { Summary } from "../answer/summary.js";
import type { Format } from "../model/format.js";
import { figuresOf } from "../model/headline.js";
import type { Range } from "../model/range.js";
import { screenOf } from "../model/screen.js";
import type { State } from "../model/state.js";
import { kindsOf } from "../plot/kinds.js";
import { plotsOf } from "../plot/plots.js";
import { emptyView } from "./empty.js";
import { figuresView } from "./figures.js";
import { plotView } from "./plot.js";
import { problemView } from "./problem.js";
import { rangesView } from "./ranges.js";

/** What the user can do. */
export interface PageActions {
  choose(range: Range): void;
  retry(): void;
  changeLanguage(language: Language): void;
}

/** The page, or a part of it that has plots. */
export interface PageView {
  readonly element: HTMLElement;
  update(state: State): void;
  /** After the colours of the page have changed. */
  repaint(): void;
}

/** The statistics page. `format` writes the reader's numbers. */
export function pageView(actions: PageActions, format: Format): PageView {
  const ranges = rangesView(actions.choose);
  const when = h("p", { class: "hint when" });
  const problem = problemView(actions.retry);
  const demo = demoBanner();
  const full = fullView(format);
  const empty = emptyView();
  const bar = h("div", { class: "stats-bar" }, ranges.element, when);
  const parts = [title(), bar, problem.element, demo, full.element, empty.element];
  return {
    element: h(
      "div",
      { class: "stats" },
      head(),
      h("main", {}, ...parts),
      foot(actions.changeLanguage),
    ),
    repaint: full.repaint,
    update(state) {
      const screen = screenOf(state, format);
      ranges.update(state.range);
      setText(when, screen.when);
      problem.update(screen.problem);
      demo.hidden = !screen.demo;
      full.element.hidden = screen.type !== "full";
      empty.update(screen.type === "empty" ? screen : null);
      if (screen.type === "full") full.update(state);
    },
  };
}

/** The figures and the plots; their places, before the first answer. */
function fullView(format: Format): PageView {
  const figures = figuresView();
  const plots = kindsOf().map(([id, kind]) => ({
    id,
    view: plotView(id, kind, () => import("../chart/chart.js")),
  }));
  const places = h("div", { class: "plots" }, ...plots.map(({ view }) => view.element));
  let shown: Summary | null | undefined;
  return {
    element: h("div", { class: "full" }, figures.element, places),
    repaint() {
      for (const { view } of plots) view.repaint();
    },
    update({ summary, range }) {
      if (shown === summary) return;
      shown = summary;
      figures.update(summary && figuresOf(summary, range, format));
      const drawings = summary ? plotsOf(summary, format) : [];
      for (const { id, view } of plots) view.update(drawings.find((one) => one.id === id) ?? null);
    },
  };
}

const head = (): HTMLElement =>
  h(
    "header",
    { class: "stats-head" },
    h("a", { class: "home", href: "../" }, logo(), "Heliograph"),
    h("a", { class: "button", href: "../" }, icon("plus"), words.frame.newRoom),
  );

const title = (): HTMLElement =>
  h(
    "div",
    { class: "stats-title" },
    h("h1", { tabindex: "-1" }, words.frame.title),
    h("p", { class: "lead" }, words.frame.lead),
  );

const demoBanner = (): HTMLElement =>
  h(
    "div",
    { class: "banner", "data-testid": "demo", role: "note" },
    icon("alert"),
    h("p", {}, h("strong", {}, words.frame.demo), words.frame.demoMeans),
  );

const foot = (changeLanguage: PageActions["changeLanguage"]): HTMLElement =>
  h(
    "footer",
    { class: "hint stats-foot" },
    h("p", {}, words.frame.foot),
    languageChoice(words.language, language, changeLanguage),
  );
