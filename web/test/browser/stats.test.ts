import { beforeEach, describe, expect, it } from "vitest";
import "../../src/stats/stats.css";
import type { Range } from "../../src/stats/model/range.js";
import { initialState, type State } from "../../src/stats/model/state.js";
import { figuresView } from "../../src/stats/views/figures.js";
import { type PageView, pageView } from "../../src/stats/views/page.js";
import { tableView } from "../../src/stats/views/table.js";
import { ENGLISH, example, few, NOW, summaryOf, withDays } from "../stats/example.js";
import { allById, byId, drawn, isShown, press, recorder } from "./mount.js";

const chosen = recorder<[Range]>();
const retried = recorder<[]>();
const PLOTS = ["calls", "connect", "paths", "success", "cost"] as const;

const here = (json: unknown = example(), range: Range = 7): State => ({
  range,
  summary: summaryOf(json),
  at: NOW,
  now: NOW,
  reply: "here",
});

function show(state: State): PageView {
  const view = pageView(
    { choose: chosen.call, retry: retried.call, changeLanguage: () => {} },
    ENGLISH,
  );
  document.body.replaceChildren(view.element);
  view.update(state);
  return view;
}

const plot = (name: string): HTMLElement => byId(`plot-${name}`);
const canvasOf = (name: string): HTMLCanvasElement => {
  const found = plot(name).querySelector<HTMLCanvasElement>(".plot-box canvas");
  if (!found) throw new Error(`${name} has no canvas`);
  return found;
};

/** Resolves when the plot has been drawn: after the library has been loaded. */
async function untilDrawn(name: string): Promise<HTMLCanvasElement> {
  plot(name).scrollIntoView();
  for (let tries = 0; tries < 300 && !plot(name).hasAttribute("data-drawn"); tries += 1)
    await drawn();
  return canvasOf(name);
}

/** How many pixels are not paper. */
function ink(canvas: HTMLCanvasElement): number {
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at]) count += 1;
  return count;
}

beforeEach(() => {
  chosen.calls.length = 0;
  retried.calls.length = 0;
  scrollTo(0, 0);
});

describe("the page", () => {
  it("keeps the places of figures and plots before the first answer", () => {
    show(initialState(7));
    expect(allById("stat-calls").every(isShown)).toBe(true);
    expect(document.querySelector(".figures")?.getAttribute("aria-busy")).toBe("true");
    expect(PLOTS.map((name) => isShown(plot(name)))).toEqual(PLOTS.map(() => true));
    expect(document.querySelector(".when")?.textContent).toBe("Asking…");
  });

  it("shows the figures, and from when they are", () => {
    const view = show(initialState(7));
    view.update(here());
    expect(byId("stat-calls").textContent).toBe("1,234");
    expect(byId("stat-relayed").textContent).toBe("14%");
    expect(document.querySelector(".when")?.textContent).toBe("As of 14:30");
    expect(document.querySelector(".figures")?.getAttribute("aria-busy")).toBe("false");
  });

  it("marks the range that is shown, and asks for another without loading the page", () => {
    show(here());
    const current = (): (string | null)[] =>
      [7, 30, 90, 365].map((range) => byId(`range-${range}`).getAttribute("aria-current"));
    expect(current()).toEqual(["true", null, null, null]);
    byId("range-90").click();
    expect(chosen.calls).toEqual([[90]]);
  });

  it("leaves a click that opens another tab to the browser", () => {
    show(here());
    const click = new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: true });
    byId("range-90").addEventListener("click", (event) => event.preventDefault());
    byId("range-90").dispatchEvent(click);
    expect(chosen.calls).toEqual([]);
  });

  it("says that there is no answer, and tries again when asked", () => {
    const view = show({ ...initialState(7), reply: "away" });
    expect(byId("state-error").textContent).toContain("The statistics are away.");
    expect(isShown(byId("stat-calls"))).toBe(false);
    byId("retry").click();
    expect(retried.calls).toHaveLength(1);
    view.update(here());
    expect(allById("state-error")).toEqual([]);
    expect(isShown(byId("stat-calls"))).toBe(true);
  });

  it("does not announce the same outage twice", () => {
    const view = show({ ...initialState(7), reply: "away" });
    const box = byId("state-error");
    view.update({ ...initialState(7), reply: "away" });
    expect(byId("state-error")).toBe(box);
  });

  it("says why there is nothing to show", () => {
    const view = show(here(few()));
    expect(isShown(byId("state-empty"))).toBe(true);
    expect(byId("state-empty").textContent).toContain("No calls yet");
    expect(isShown(byId("stat-calls"))).toBe(false);
    view.update(here());
    expect(isShown(byId("state-empty"))).toBe(false);
  });

  it("marks demonstration data", () => {
    const view = show(here());
    expect(isShown(byId("demo"))).toBe(false);
    view.update(here(example(7, { demo: true })));
    expect(isShown(byId("demo"))).toBe(true);
  });
});

it("shows a figure that is withheld as a word, and marks it", () => {
  const view = figuresView();
  document.body.replaceChildren(view.element);
  const figure = { id: "cost", label: "Cost", value: "Not known", known: false, note: "" } as const;
  view.update([figure]);
  expect(byId("stat-cost").textContent).toBe("Not known");
  expect(byId("stat-cost").hasAttribute("data-missing")).toBe(true);
  view.update([{ ...figure, value: "€0.14", known: true }]);
  expect(byId("stat-cost").hasAttribute("data-missing")).toBe(false);
  expect(view.element.querySelector(".figure-cost dt")?.textContent).toBe("Cost");
});

describe("the table behind a plot", () => {
  const TABLE = { caption: "Calls", heads: ["Day", "Calls"], rows: [["9 Mar", "3"]] };

  it("is made when somebody opens it, and has heads for screen readers", async () => {
    const view = tableView();
    document.body.replaceChildren(view.element);
    view.update(TABLE);
    expect(document.querySelector("table")).toBeNull();
    document.querySelector<HTMLElement>("summary")?.click();
    await drawn();
    expect(document.querySelector("caption")?.textContent).toBe("Calls");
    expect(document.querySelector("tbody th[scope=row]")?.textContent).toBe("9 Mar");
    expect(document.querySelector("tbody td")?.textContent).toBe("3");
    expect(document.querySelectorAll("thead th[scope=col]")).toHaveLength(2);
  });

  it("follows the answers while it is open, and is hidden without one", async () => {
    const view = tableView();
    document.body.replaceChildren(view.element);
    document.querySelector<HTMLElement>("summary")?.click();
    await drawn();
    view.update(TABLE);
    view.update({ ...TABLE, rows: [["9 Mar", "4"]] });
    expect(document.querySelector("td")?.textContent).toBe("4");
    view.update(null);
    expect(isShown(document.querySelector(".table-place") as HTMLElement)).toBe(false);
  });
});

describe("a plot", () => {
  it("is drawn when it comes into view, with its words for who does not see it", async () => {
    show(here());
    const canvas = await untilDrawn("calls");
    expect(ink(canvas)).toBeGreaterThan(500);
    expect(canvas.getAttribute("role")).toBe("img");
    expect(canvas.getAttribute("aria-label")).toMatch(/^Calls and people, by day\./);
  });

  it("has each series in its legend, painted as in the plot", async () => {
    show(here());
    await untilDrawn("paths");
    const legend = plot("paths").querySelector(".legend");
    expect([...(legend?.querySelectorAll("li") ?? [])].map((one) => one.textContent)).toEqual([
      "Same network",
      "Direct",
      "Direct, found late",
      "Relayed",
    ]);
    for (const swatch of legend?.querySelectorAll("canvas") ?? [])
      expect(ink(swatch)).toBeGreaterThan(50);
  });

  it("of one series has no legend", async () => {
    show(here());
    expect(isShown(plot("success").querySelector(".legend") as HTMLElement)).toBe(false);
  });

  it("is read by the arrow keys, and silent again when the focus goes", async () => {
    show(here());
    const canvas = await untilDrawn("calls");
    const spoken = (): string | null | undefined =>
      plot("calls").querySelector('[role="status"]')?.textContent;
    expect(press(canvas, "End").defaultPrevented).toBe(true);
    expect(spoken()).toBe("9 Mar 2027, so far: Calls 100, People 200");
    press(canvas, "ArrowLeft");
    expect(spoken()).toBe("8 Mar 2027: Calls 101, People 201");
    expect(press(canvas, "Tab").defaultPrevented).toBe(false);
    canvas.dispatchEvent(new FocusEvent("blur"));
    expect(spoken()).toBe("");
  });

  it("is drawn anew for another answer, in the same canvas", async () => {
    const view = show(here());
    const canvas = await untilDrawn("calls");
    const before = canvas.toDataURL();
    view.update(here(withDays(7, (at) => ({ calls: 10 ** at }))));
    await drawn();
    expect(canvasOf("calls")).toBe(canvas);
    expect(canvas.toDataURL()).not.toBe(before);
    expect(canvas.getAttribute("aria-label")).toContain("1 to 1,000,000");
  });

  it("of which nothing is known says so, and is drawn when something is", async () => {
    const view = show(here(example(7, { cost: null })));
    plot("cost").scrollIntoView();
    for (let tries = 0; tries < 100 && !plot("cost").querySelector(".plot-blank"); tries += 1)
      await drawn();
    expect(plot("cost").querySelector(".plot-blank")?.textContent).toBe("The cost is not known.");
    expect(isShown(plot("cost").querySelector(".legend") as HTMLElement)).toBe(false);
    view.update(here());
    expect(ink(await untilDrawn("cost"))).toBeGreaterThan(500);
  });

  it("takes on the colours of the page when they change", async () => {
    const view = show(here());
    const canvas = await untilDrawn("calls");
    const before = canvas.toDataURL();
    canvas.style.setProperty("--sun-strong", "rgb(200, 0, 0)");
    view.repaint();
    await drawn();
    expect(canvas.toDataURL()).not.toBe(before);
  });
});
