import { expect, it } from "vitest";
import { createFormat } from "../src/stats/format.js";
import { figuresOf, relayedShare } from "../src/stats/headline.js";
import { kindsOf } from "../src/stats/kinds.js";
import { periodsOf } from "../src/stats/period.js";
import type { Plot, PlotId } from "../src/stats/plot.js";
import { plotsOf, successFloor } from "../src/stats/plots.js";
import { parseSummary, type Summary } from "../src/stats/summary.js";
import { example, few } from "./stats-example.js";

const ENGLISH = createFormat("en-GB", "UTC");

function read(json: unknown): Summary {
  const summary = parseSummary(json);
  if (!summary) throw new Error("the example is junk");
  return summary;
}

function plot(id: PlotId, json: unknown = example(), format = ENGLISH): Plot {
  const found = plotsOf(read(json), format).find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
}

const withDays = (days: number, change: (at: number) => object): Record<string, unknown> => {
  const { daily } = example(days) as { daily: object[] };
  return example(days, { daily: daily.map((day, at) => ({ ...day, ...change(at) })) });
};

it("says the figures in the reader's words", () => {
  const figures = figuresOf(read(example()), 7, ENGLISH);
  expect(figures.map(({ value }) => value)).toEqual([
    "1,234",
    "96.1%",
    "412\u00a0ms",
    "14%",
    "€0.14",
  ]);
  expect(figures[0]?.note).toBe("2,500 people today · 40,000 calls and 81,000 people in all");
  expect(figures[2]?.note).toBe("95 of 100 within 1.6\u00a0s, in 7 days");
});

it("writes numbers as the reader's locale does", () => {
  const german = figuresOf(read(example()), 7, createFormat("de-DE", "UTC"));
  expect(german.map(({ value }) => value.replaceAll("\u00a0", " "))).toEqual([
    "1.234",
    "96,1 %",
    "412 ms",
    "14 %",
    "0,14 €",
  ]);
});

it("says of what is withheld that it is, and shows no zero for it", () => {
  const figures = figuresOf(read(few()), 7, ENGLISH);
  expect(figures.every(({ known }) => !known)).toBe(true);
  expect(figures[0]?.value).toBe("Too few to show");
  expect(figures[4]?.value).toBe("Not known");
});

it("knows the relayed share only if no merged group can hide a relay", () => {
  const of = (paths: object[]): number | null => relayedShare(read(example(7, { paths })));
  expect(of([{ path: "srflx", share: 1 }])).toBe(0);
  expect(
    of([
      { path: "srflx", share: 0.9 },
      { path: "other", share: 0.1 },
    ]),
  ).toBeNull();
  expect(of([])).toBeNull();
});

it("fills the days that an answer leaves out, up to today", () => {
  const { daily } = example(7) as { daily: object[] };
  const periods = periodsOf(read(example(7, { daily: daily.slice(0, 2) })));
  expect(periods).toHaveLength(7);
  expect(periods[6]).toMatchObject({ day: "2027-03-09", calls: null, running: true });
  expect(periods[0]).toMatchObject({ day: "2027-03-03", running: false });
});

it("shows a year in whole weeks: counts added, shares weighed, times by the middle day", () => {
  const year = withDays(365, (at) => ({
    calls: at % 7 === 1 ? 900 : 100,
    success: at % 7 === 1 ? 0.5 : 1,
    p50: (at % 7) * 100,
  }));
  const weeks = periodsOf(read(year));
  expect(weeks).toHaveLength(52);
  expect(weeks[51]).toMatchObject({ length: "week", running: true, calls: 1_500, p50: 300 });
  expect(weeks[51]?.success).toBeCloseTo((900 * 0.5 + 600) / 1_500);
});

it("leaves a gap where too few called, and says so in the table", () => {
  const gap = withDays(7, (at) => (at === 6 ? { calls: null, peers: null } : {}));
  const { series, table } = plot("calls", gap);
  expect(series[0]?.values.at(-1)).toBeNull();
  expect(table.rows[0]).toEqual(["9 Mar 2027, so far", "fewer than 10", "fewer than 10"]);
  expect(table.rows[1]).toEqual(["8 Mar 2027", "101", "201"]);
});

it("puts every number of every plot into its table", () => {
  for (const { series, table, axes } of plotsOf(read(example()), ENGLISH)) {
    expect(table.rows).toHaveLength(7);
    for (const row of table.rows) expect(row).toHaveLength(table.heads.length);
    for (const [at, one] of series.entries()) {
      const last = one.values.at(-1);
      const said = last == null ? "fewer than 10" : axes[one.axis]?.write(last);
      expect(table.rows[0]?.[at + 1]).toBe(said);
    }
  }
});

it("tells the series of each plot apart without colour, and as its legend does", () => {
  const plots = plotsOf(read(example()), ENGLISH);
  for (const [id, { key }] of kindsOf("1,000")) {
    const series = plots.find((one) => one.id === id)?.series ?? [];
    expect(series.map(({ label, look }) => ({ label, look }))).toEqual(key);
    expect(new Set(key.map(({ look }) => look)).size).toBe(key.length);
  }
});

it("says in one sentence what there is to see", () => {
  expect(plot("calls").summary).toBe(
    "Calls and people, by day. Calls: 100 to 106. People: 200 to 206.",
  );
});

it("counts the cost of 1,000 calls from the cost of the day", () => {
  const { series } = plot(
    "cost",
    withDays(1, () => ({ calls: 200, cost: 0.03 })),
  );
  expect(series[0]?.values).toEqual([0.15]);
  expect(series[1]?.values).toEqual([0.03]);
});

it("says that the cost is not known where nobody has set prices", () => {
  const { blank, summary, table } = plot("cost", example(7, { cost: null }));
  expect(blank).toBe(true);
  expect(summary).toBe("The cost is not known.");
  expect(table.rows[0]?.[1]).toBe("not known");
});

it("names the reasons of failures and where the scale begins", () => {
  expect(plot("success").remark).toBe(
    "The scale begins at 90%. Of those that did not connect, 92 found no path, 14 ended for rarer reasons.",
  );
});

it.each([
  [[0.99, null], 0.9],
  [[0.9], 0.8],
  [[0.42, 0.97], 0.4],
  [[0], 0],
  [[null], 0.9],
])("begins the scale of %j at %d", (values, floor) => {
  expect(successFloor(values)).toBeCloseTo(floor);
});

it.each([
  [999, "999\u00a0ms"],
  [999.6, "1\u00a0s"],
  [1_640, "1.6\u00a0s"],
  [0, "0\u00a0ms"],
])("writes %d ms as %s", (value, words) => {
  expect(ENGLISH.milliseconds(value)).toBe(words);
});

it.each([
  [0, "$0.00"],
  [0.0123, "$0.012"],
  [0.5, "$0.50"],
  [1_234.5, "$1,234.50"],
])("writes %d dollars as %s", (value, words) => {
  expect(createFormat("en-US").money(value, "USD")).toBe(words);
});

it.each([
  [0, "0 byte"],
  [1_500, "1.5 kB"],
  [4.2e10, "42 GB"],
  [1e24, "1,000,000,000 PB"],
])("writes %d bytes as %s", (value, words) => {
  expect(ENGLISH.bytes(value)).toBe(words);
});
