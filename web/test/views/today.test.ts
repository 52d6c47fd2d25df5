import { expect, it } from "vitest";
import { todayWords } from "../../src/views/today.js";

const count = (calls: number | null, demo = false): string =>
  todayWords({ latest: { day: "2027-03-09", calls, peers: null }, asOf: NOON, demo });
const NOON = Date.parse("2027-03-09T12:00Z");

it("says how many calls there were today", () => {
  expect(count(123)).toBe("123 calls today");
  expect(count(1)).toBe("1 call today");
});

it("marks demonstration data", () => {
  expect(count(123, true)).toBe("123 calls today (demonstration)");
});

it("says nothing where the number is unknown or zero", () => {
  expect(count(null)).toBe("");
  expect(count(0)).toBe("");
});

it("says nothing of a day that is over", () => {
  const latest = { day: "2027-03-08", calls: 123, peers: null };
  expect(todayWords({ latest, asOf: NOON, demo: false })).toBe("");
});
