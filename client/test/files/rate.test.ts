/** How fast something moves. */
import { expect, test } from "vitest";
import { Rate } from "../../src/files/rate.js";

test("it is the mean of the last five seconds", () => {
  const rate = new Rate();
  expect(rate.perSecond(0, 0)).toBe(0);
  for (let ms = 0; ms <= 10_000; ms += 500) rate.add(ms < 5_000 ? 0 : (ms - 5_000) * 2, ms);
  expect(rate.perSecond(10_000, 10_000)).toBeCloseTo(2_000);
});

test("what stood still does not count", () => {
  const rate = new Rate();
  rate.add(0, 0);
  rate.reset();
  rate.add(1_000, 60_000);
  expect(rate.perSecond(1_000, 60_100)).toBe(0);
  expect(rate.perSecond(2_000, 61_000)).toBeCloseTo(1_000);
});
