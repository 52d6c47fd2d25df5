import { expect, it } from "vitest";
import { todayWords } from "../../src/views/today.js";

const count = (calls: number | null, demo = false): string =>
  todayWords({ today: { calls, peers: null }, demo });

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
