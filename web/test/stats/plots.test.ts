import { expect, it } from "vitest";
import { kindsOf } from "../../src/stats/plot/kinds.js";
import type { Plot, PlotId } from "../../src/stats/plot/plot.js";
import { plotsOf, successFloor } from "../../src/stats/plot/plots.js";
import { ENGLISH, example, few, summaryOf, withDays } from "./example.js";

function plot(id: PlotId, json: unknown = example(), format = ENGLISH): Plot {
  const found = plotsOf(summaryOf(json), format).find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
}

it("leaves a gap where too few called, and says so in the table", () => {
  const gap = withDays(7, (at) => (at === 6 ? { calls: null, peers: null } : {}));
  const { series, table } = plot("calls", gap);
  expect(series[0]?.values.at(-1)).toBeNull();
  expect(table.rows[0]).toEqual(["9 Mar 2027, so far", "fewer than 10", "fewer than 10"]);
  expect(table.rows[1]).toEqual(["8 Mar 2027", "101", "201"]);
});

it("puts every number of every plot into its table", () => {
  for (const { series, table, axes } of plotsOf(summaryOf(example()), ENGLISH)) {
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
  const plots = plotsOf(summaryOf(example()), ENGLISH);
  for (const [id, { key }] of kindsOf()) {
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
    "The scale begins at 90%. Of those that did not connect, 92 found no path, 14 ended for other reasons.",
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

it("draws the shares of the four candidate types, and leaves a gap for one that is withheld", () => {
  const { series, stacked, axes } = plot("paths");
  expect(series.map(({ label }) => label)).toEqual([
    "Same network",
    "Direct",
    "Direct, found late",
    "Relayed",
  ]);
  expect(series.map(({ values }) => values.at(-1))).toEqual([0.1, 0.6, null, 0.2]);
  expect(stacked).toBe(true);
  expect(axes[0]).toMatchObject({ least: 0, most: 1 });
});

it("draws times above their steps, each on its own axis", () => {
  const { series, axes } = plot("connect");
  expect(axes.map(({ title }) => title)).toEqual(["In all", "By step"]);
  expect(series.map(({ axis }) => axis)).toEqual([0, 0, 1, 1, 1, 1, 1]);
  expect(series.map(({ values }) => values.at(-1))).toEqual([1_600, 400, 90, 85, 130, 48, 22]);
});

it("says of weeks what a week shows", () => {
  expect(plot("connect", example(30)).remark).toBe("");
  const weeks = plot("connect", example(365));
  expect(weeks.remark).toBe("A week shows the middle one of its days.");
  expect(weeks.table.heads[0]).toBe("Week");
  expect(weeks.table.rows[0]?.[0]).toBe("Week from 3 Mar 2027, so far");
});

it("says of nothing but gaps why they are there", () => {
  for (const { id, blank, summary } of plotsOf(summaryOf(few()), ENGLISH)) {
    expect(blank, id).toBe(true);
    expect(summary, id).toMatch(id === "cost" ? /not known/ : /^Figures about fewer than 10 calls/);
  }
});

it("has a name for each column, short for the axis", () => {
  const { ticks, titles } = plot("calls");
  expect(ticks.at(-1)).toBe("9 Mar");
  expect(titles.at(-2)).toBe("8 Mar 2027");
  expect(titles.at(-1)).toBe("9 Mar 2027, so far");
  expect(ticks).toHaveLength(titles.length);
});

it("writes short numbers on the axis and exact ones in the table", () => {
  const { axes, table } = plot(
    "calls",
    withDays(1, () => ({ calls: 12_345 })),
  );
  expect(axes[0].tick(12_000)).toBe("12k");
  expect(table.rows[0]?.[1]).toBe("12,345");
});

it("says one number where all are the same", () => {
  expect(plot("success").summary).toBe("Share of calls that connected, by day. Connected: 96%.");
});

it("has no cost of 1,000 calls for a day without calls", () => {
  const { series } = plot(
    "cost",
    withDays(1, () => ({ calls: 0, cost: 0.03 })),
  );
  expect(series[0]?.values).toEqual([null]);
});
