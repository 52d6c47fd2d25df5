import { expect, test } from "vitest";
import { seldom } from "../../src/base/seldom.js";

test("what is called often happens at once, and then once in that time", () => {
  const happened: number[] = [];
  let now = 0;
  const call = seldom(
    60,
    () => happened.push(now),
    () => now,
  );
  for (now = 0; now <= 200; now += 10) call();
  expect(happened).toEqual([0, 60, 120, 180]);
});
