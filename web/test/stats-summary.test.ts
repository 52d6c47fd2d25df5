import { expect, it } from "vitest";
import { parseSummary } from "../src/stats/summary.js";
import { example, few } from "./stats-example.js";

it("takes what the protocol describes, and ignores what it does not name", () => {
  const summary = parseSummary(example(7, { weather: "sunny" }));
  expect(summary?.today).toEqual({ calls: 1_234, peers: 2_500 });
  expect(summary?.phases.total).toEqual({ p50: 412, p95: 1_630 });
  expect(summary?.daily[0]?.paths.prflx).toBeNull();
  expect(summary).not.toHaveProperty("weather");
});

it("takes an answer in which everything is withheld", () => {
  const summary = parseSummary(few());
  expect(summary?.total).toEqual({ calls: null, peers: null });
  expect(summary?.phases.ice).toEqual({ p50: null, p95: null });
});

it("brings the days into order", () => {
  const { daily } = example(3) as { daily: { day: string }[] };
  const summary = parseSummary(example(3, { daily: daily.toReversed() }));
  expect(summary?.daily.map(({ day }) => day)).toEqual(["2027-03-07", "2027-03-08", "2027-03-09"]);
});

const [DAY] = example(1).daily as Record<string, unknown>[];

it.each([
  ["nothing", null],
  ["text", "hello"],
  ["a list", []],
  ["an error", { error: { code: "busy", message: "" } }],
  ["no days", example(7, { days: 0 })],
  ["half a k", example(7, { k: 2.5 })],
  ["no demo", example(7, { demo: "no" })],
  ["a negative count", example(7, { today: { calls: -1, peers: 2 } })],
  ["a count in text", example(7, { total: { calls: "9", peers: 2 } })],
  ["a share above one", example(7, { success: 1.2 })],
  ["no number", example(7, { success: Number.NaN })],
  ["endless bytes", example(7, { bytes: Number.POSITIVE_INFINITY })],
  ["a path without share", example(7, { paths: [{ path: "relay", share: null }] })],
  ["a path without name", example(7, { paths: [{ share: 0.1 }] })],
  ["money nobody knows", example(7, { cost: { per1000: 1, currency: "€" } })],
  ["phases in a list", example(7, { phases: [1] })],
  ["days in an object", example(7, { daily: {} })],
  ["a day of no calendar", example(7, { daily: [{ ...DAY, day: "2027-13-41" }] })],
  ["the same day twice", example(7, { daily: [DAY, DAY] })],
  ["far too many days", example(7, { daily: Array(1_001).fill(DAY) })],
])("refuses %s", (_, junk) => {
  expect(parseSummary(junk)).toBeNull();
});
