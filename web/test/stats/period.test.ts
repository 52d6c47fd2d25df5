import { expect, it } from "vitest";
import { periodsOf } from "../../src/stats/model/period.js";
import { example, summaryOf, withDays } from "./example.js";

it("fills the days that an answer leaves out, up to today", () => {
  const { daily } = example(7) as { daily: object[] };
  const periods = periodsOf(summaryOf(example(7, { daily: daily.slice(0, 2) })));
  expect(periods).toHaveLength(7);
  expect(periods[6]).toMatchObject({ day: "2027-03-09", calls: null, running: true });
  expect(periods[0]).toMatchObject({ day: "2027-03-03", running: false });
});

it("ends with the newest day that is shown, which is over where figures have noise", () => {
  const latest = { day: "2027-03-08", calls: 1, peers: 2 };
  const periods = periodsOf(summaryOf(example(7, { latest })));
  expect(periods.map(({ day }) => day.slice(8))).toEqual(["03", "04", "05", "06", "07", "08"]);
  expect(periods.every(({ running }) => !running)).toBe(true);
  const before = { ...latest, day: "2027-02-01" };
  expect(periodsOf(summaryOf(example(7, { latest: before })))).toEqual([]);
});

it("shows a year in whole weeks: counts added, shares weighed, times by the middle day", () => {
  const year = withDays(365, (at) => ({
    calls: at % 7 === 1 ? 900 : 100,
    success: at % 7 === 1 ? 0.5 : 1,
    p50: (at % 7) * 100,
  }));
  const weeks = periodsOf(summaryOf(year));
  expect(weeks).toHaveLength(52);
  expect(weeks[51]).toMatchObject({ length: "week", running: true, calls: 1_500, p50: 300 });
  expect(weeks[51]?.success).toBeCloseTo((900 * 0.5 + 600) / 1_500);
});

const week = (change: (at: number) => Record<string, unknown>) =>
  periodsOf(summaryOf(withDays(126, change))).at(-1);

it("shows days up to 120, and weeks beyond", () => {
  expect(periodsOf(summaryOf(example(120)))).toHaveLength(120);
  const weeks = periodsOf(summaryOf(example(121)));
  expect(weeks).toHaveLength(17);
  expect(weeks.every(({ length }) => length === "week")).toBe(true);
});

it("ends the last week today, and leaves out the days before the first whole week", () => {
  const weeks = periodsOf(summaryOf(example(121)));
  expect(weeks.at(-1)).toMatchObject({ day: "2027-03-03", running: true });
  expect(weeks[0]).toMatchObject({ day: "2026-11-11", running: false });
});

it("knows nothing of a week of which nothing is known", () => {
  const nothing = { calls: null, peers: null, success: null, p50: null, p95: null, cost: null };
  const all = week(() => ({ ...nothing, phases: {}, candidateTypes: {} }));
  expect(all).toMatchObject({ ...nothing, phases: { ice: null }, candidateTypes: { relay: null } });
});

it("counts in a week only the days that are known", () => {
  expect(week((at) => ({ calls: at % 2 ? 10 : null }))?.calls).toBe(40);
  expect(week((at) => ({ p50: at % 7 < 2 ? 100 * (1 + (at % 7)) : null }))?.p50).toBe(150);
});

it("weighs the shares of a day without calls as nothing", () => {
  const shares = week((at) => (at % 7 ? { calls: 0, success: 0 } : { calls: 5, success: 0.8 }));
  expect(shares?.success).toBeCloseTo(0.8);
});
