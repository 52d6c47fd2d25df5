import { expect, it } from "vitest";
import { once } from "../../src/base/once.js";

it("loads once for all who ask, and again only if that has failed", async () => {
  let loads = 0;
  const load = once(async () => {
    loads += 1;
    if (loads === 1) throw new Error("away");
    return loads;
  });
  const first = [load(), load()];
  expect(await Promise.allSettled(first)).toMatchObject([
    { status: "rejected" },
    { status: "rejected" },
  ]);
  expect(await Promise.all([load(), load()])).toEqual([2, 2]);
  expect([await load(), loads]).toEqual([2, 2]);
});
