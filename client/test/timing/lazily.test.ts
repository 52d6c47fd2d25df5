import { expect, test } from "vitest";
import { lazily } from "../../src/timing/lazily.js";

test("what is asked for is loaded once", async () => {
  let loads = 0;
  const part = lazily(async () => ({ number: ++loads }));
  expect(loads).toBe(0);
  const [one, two] = await Promise.all([part(), part()]);
  expect([one === two, loads]).toEqual([true, 1]);
  expect(await part()).toBe(one);
});

test("what could not be loaded is loaded with the next call", async () => {
  let isAway = true;
  const part = lazily(async () => {
    if (isAway) throw new TypeError("Failed to fetch");
    return "here";
  });
  await expect(part()).rejects.toMatchObject({ code: "not_loaded" });
  isAway = false;
  expect(await part()).toBe("here");
});
