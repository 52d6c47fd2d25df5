import { expect, test } from "vitest";
import { Lazy } from "../../src/timing/lazy.js";

test("what is asked for is loaded once", async () => {
  let loads = 0;
  const part = new Lazy(async () => ({ number: ++loads }));
  expect([loads, part.value, part.wanted]).toEqual([0, null, false]);
  const [one, two] = await Promise.all([part.get(), part.get()]);
  expect([one === two, loads, part.wanted]).toEqual([true, 1, true]);
  expect(await part.get()).toBe(one);
  expect(part.value).toBe(one);
});

test("what could not be loaded is loaded with the next call", async () => {
  let isAway = true;
  const part = new Lazy(async () => {
    if (isAway) throw new TypeError("Failed to fetch");
    return "here";
  });
  await expect(part.get()).rejects.toMatchObject({ code: "not_loaded" });
  expect([part.value, part.wanted]).toEqual([null, false]);
  isAway = false;
  expect(await part.get()).toBe("here");
});

test("a call waits for it, and is left out where it cannot be loaded", async () => {
  const said: string[] = [];
  const part = new Lazy(async () => "here");
  part.use((value) => said.push(`${value} later`));
  expect(said).toEqual([]);
  await part.get();
  part.use((value) => said.push(`${value} now`));
  expect(said).toEqual(["here later", "here now"]);
  new Lazy<string>(() => Promise.reject(new TypeError("Failed to fetch"))).use((value) => {
    said.push(value);
  });
  await new Promise((resolve) => setTimeout(resolve));
  expect(said).toHaveLength(2);
});
