import { expect, it } from "vitest";
import { plotsOf } from "../../src/stats/plot/plots.js";
import { columnAfter, columnWords } from "../../src/stats/views/keyboard.js";
import { ENGLISH, example, summaryOf } from "./example.js";

it.each([
  ["ArrowRight", null, 6],
  ["ArrowLeft", null, 6],
  ["ArrowRight", 3, 4],
  ["ArrowRight", 6, 6],
  ["ArrowLeft", 3, 2],
  ["ArrowLeft", 0, 0],
  ["Home", 3, 0],
  ["End", null, 6],
  ["Escape", 3, null],
  ["Escape", null, undefined],
  ["Tab", 3, undefined],
  ["a", null, undefined],
] as const)("%s at %s of 7 columns leads to %s", (key, at, to) => {
  expect(columnAfter(key, at, 7)).toBe(to);
});

it("says the values of a column, oldest first as the plot is drawn", () => {
  const [calls] = plotsOf(summaryOf(example()), ENGLISH);
  if (!calls) throw new Error("no plot");
  expect(columnWords(calls, 0)).toBe("3 Mar 2027: Calls 106, People 206");
  expect(columnWords(calls, 6)).toBe("9 Mar 2027, so far: Calls 100, People 200");
});
