import { expect, it } from "vitest";
import { RANGES, rangeLink, readRange } from "../../src/stats/model/range.js";
import { words } from "../../src/words/stats.js";

it.each([
  ["", 30],
  ["?days=7", 7],
  ["?days=365", 365],
  ["?days=8", 30],
  ["?days=07", 30],
  ["?days=constructor", 30],
])("reads %j as %d days", (query, days) => {
  expect(readRange(new URL(`https://h.example/stats/${query}`))).toBe(days);
});

it("reads back each link it makes", () => {
  for (const range of RANGES)
    expect(readRange(new URL(rangeLink(range), "https://h.example/stats/"))).toBe(range);
});

it("has a name for each range", () => {
  expect(RANGES.map((range) => words.ranges[range])).toEqual([
    "7 days",
    "30 days",
    "90 days",
    "1 year",
  ]);
});
