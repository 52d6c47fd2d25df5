import { describe, expect, it } from "vitest";
import "../../src/stats/stats.css";
import { configOf } from "../../src/stats/chart/config.js";
import { axisId, datasetOf, dotRadius } from "../../src/stats/chart/dataset.js";
import { fillOf, isLine, paintSwatch } from "../../src/stats/chart/paint.js";
import { readTheme, type Theme } from "../../src/stats/chart/theme.js";
import { tooltipOf, valueWords } from "../../src/stats/chart/tooltip.js";
import type { Look, Plot, PlotId } from "../../src/stats/plot/plot.js";
import { plotsOf } from "../../src/stats/plot/plots.js";
import { ENGLISH, example, summaryOf, withDays } from "../stats/example.js";

const LOOKS: readonly Look[] = [
  "sun",
  "plain",
  "stripes",
  "dots",
  "backstripes",
  "rows",
  "line",
  "dashed",
];
const theme = (): Theme => readTheme(document.body);

function plot(id: PlotId, json: unknown = example()): Plot {
  const found = plotsOf(summaryOf(json), ENGLISH).find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
}

describe("the colours", () => {
  it("come from the page, one for each look", () => {
    const { tones, ink, surface, font } = theme();
    for (const look of LOOKS) expect(tones[look], look).not.toBe("");
    expect(ink).not.toBe(surface);
    expect(font).not.toBe("");
  });

  it("follow the element they are read from", () => {
    const element = document.createElement("p");
    element.style.setProperty("--ink", "rgb(1, 2, 3)");
    document.body.replaceChildren(element);
    expect(readTheme(element)).toMatchObject({ ink: "rgb(1, 2, 3)" });
  });
});

describe("the paint", () => {
  it("is a pattern for columns that are told apart by it, and a colour for the others", () => {
    const patterns = LOOKS.filter((look) => fillOf(look, theme()) instanceof CanvasPattern);
    expect(patterns).toEqual(["stripes", "dots", "backstripes", "rows"]);
  });

  it("of each look is different even without colours", () => {
    const grey: Theme = {
      ...theme(),
      tones: Object.fromEntries(LOOKS.map((look) => [look, "#777"])) as Theme["tones"],
      rim: "#000",
    };
    const pictures = LOOKS.map((look) => {
      const canvas = document.createElement("canvas");
      paintSwatch(canvas, look, grey);
      return canvas.toDataURL();
    });
    expect(new Set(pictures).size).toBe(LOOKS.length);
  });

  it("knows lines from columns", () => {
    expect(LOOKS.filter(isLine)).toEqual(["line", "dashed"]);
  });
});

describe("the data of a series", () => {
  it("is a line above the columns, not stacked on them", () => {
    const connect = plot("connect");
    const [p95, p50, admit] = connect.series.map((one) => datasetOf(one, connect, theme()));
    expect(p95).toMatchObject({ type: "line", order: 0, stack: "95 of 100 (p95)", yAxisID: "y0" });
    expect(p50).toMatchObject({ type: "line", borderDash: [5, 4] });
    expect(admit).toMatchObject({ type: "bar", order: 1, stack: "columns", yAxisID: "y1" });
  });

  it("is not stacked where one series stands alone", () => {
    const calls = plot("calls");
    const [columns] = calls.series.map((one) => datasetOf(one, calls, theme()));
    expect(columns).not.toHaveProperty("stack");
    expect(columns).toMatchObject({ borderColor: theme().rim, borderWidth: 1 });
  });

  it("keeps gaps as gaps", () => {
    const calls = plot(
      "calls",
      withDays(3, (at) => (at === 1 ? { calls: null } : {})),
    );
    const [series] = calls.series;
    expect(series && datasetOf(series, calls, theme()).data).toEqual([102, null, 100]);
  });

  it("has no edges from 41 columns on, which would hide the values", () => {
    const calls = plot("calls", example(90));
    const [series] = calls.series;
    expect(series && datasetOf(series, calls, theme())).toMatchObject({ borderWidth: 0 });
  });

  it("has a dot for a value that stands alone, however many there are", () => {
    const [line] = plot("success").series;
    if (!line) throw new Error("no line");
    const radius = (values: (number | null)[], look: Look = "line"): number[] =>
      values.map((_, at) => dotRadius({ ...line, look, values }, at));
    expect(radius([1, 1, 1])).toEqual([2.5, 2.5, 2.5]);
    expect(radius([1, null, 1])[0]).toBe(3);
    expect(radius([1, 1], "dashed")).toEqual([0, 0]);
    expect(new Set(radius(Array(41).fill(1)))).toEqual(new Set([0]));
    expect(radius([...Array(41).fill(null), 1])[41]).toBe(3);
  });
});

describe("the configuration", () => {
  it("names the axes that the data refers to, the lower one first", () => {
    const { options } = configOf(plot("connect"), theme());
    expect(Object.keys(options?.scales ?? {})).toEqual(["x", axisId(1), axisId(0)]);
  });

  it("bounds an axis only where the plot says so", () => {
    const scale = (id: PlotId): object => configOf(plot(id), theme()).options?.scales?.y0 ?? {};
    expect(scale("success")).toMatchObject({ min: 0.9, max: 1 });
    expect(scale("calls")).toMatchObject({ min: 0 });
    expect(scale("calls")).not.toHaveProperty("max");
  });

  it("writes ticks in the reader's words, and leaves out one that would touch another axis", () => {
    type Ticks = { ticks: { callback(value: number, at: number, all: unknown[]): string } };
    const scales = configOf(plot("connect"), theme()).options?.scales as Record<string, Ticks>;
    const tick = (axis: string, value: number, at: number): string | undefined =>
      scales[axis]?.ticks.callback(value, at, [0, 1, 2]);
    expect(tick("y0", 1_500, 2)).toBe("1.5\u00a0s");
    expect(tick("y1", 200, 1)).toBe("200\u00a0ms");
    expect(tick("y1", 400, 2)).toBe("");
  });

  it("moves nothing by itself", () => {
    expect(configOf(plot("calls"), theme()).options?.animation).toBe(false);
  });
});

describe("the tooltip", () => {
  const calls = (): Plot => plot("calls");
  type Callbacks = {
    title(items: readonly object[]): string;
    label(item: object): string;
    labelPointStyle(item: object): { pointStyle: string };
  };
  const callbacks = (of: Plot): Callbacks =>
    (tooltipOf(of, theme()) as { callbacks: Callbacks }).callbacks;

  it("says the day and the value", () => {
    const { title, label } = callbacks(calls());
    expect(title([{ dataIndex: 6 }])).toBe("9 Mar 2027, so far");
    expect(label({ datasetIndex: 0, dataIndex: 5 })).toBe("Calls: 101");
    expect(title([])).toBe("");
  });

  it("says nothing for a gap", () => {
    const gap = plot(
      "calls",
      withDays(1, () => ({ calls: null })),
    );
    expect(valueWords(gap, 0, 0)).toBe("");
    expect(valueWords(gap, 9, 0)).toBe("");
  });

  it("has the sign of the series", () => {
    const { labelPointStyle } = callbacks(plot("connect"));
    expect(labelPointStyle({ datasetIndex: 0 }).pointStyle).toBe("line");
    expect(labelPointStyle({ datasetIndex: 3 }).pointStyle).toBe("rect");
  });
});
