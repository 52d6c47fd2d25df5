import { expect, test } from "vitest";
import { Pace } from "../../src/timing/pace.js";

const reserve = (pace: Pace, now: number, count: number) =>
  Array.from({ length: count }, () => pace.reserve(now));

test("as many as the burst go at once, the others one after another", () => {
  expect(reserve(new Pace(3, 10), 5, 6)).toEqual([0, 0, 0, 100, 200, 300]);
});

test("places come back with time, never more than the burst", () => {
  const pace = new Pace(2, 10);
  expect(reserve(pace, 0, 3)).toEqual([0, 0, 100]);
  expect(reserve(pace, 200, 2)).toEqual([0, 100]);
  expect(reserve(pace, 60_000, 3)).toEqual([0, 0, 100]);
});

test("over any time it lets through no more than it says", () => {
  const pace = new Pace(10, 10);
  let sent = 0;
  for (let now = 0; now < 10_000; now += 20) if (now + pace.reserve(now) < 10_000) sent += 1;
  expect(sent).toBeLessThanOrEqual(110);
  expect(sent).toBeGreaterThanOrEqual(109);
});
