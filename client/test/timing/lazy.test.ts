import { expect, test } from "vitest";
import { Lazy } from "../../src/timing/lazy.js";

test("it is loaded once, when it is needed for the first time", async () => {
  let loads = 0;
  const lazy = new Lazy(async () => {
    loads += 1;
    return "there";
  });
  expect([lazy.value, lazy.wanted, loads]).toEqual([null, false, 0]);
  const both = [lazy.get(), lazy.get()];
  expect([lazy.value, lazy.wanted]).toEqual([null, true]);
  expect(await Promise.all(both)).toEqual(["there", "there"]);
  expect([lazy.value, loads]).toEqual(["there", 1]);
});

test("what cannot be loaded is not_loaded, and the next call tries again", async () => {
  let loads = 0;
  const lazy = new Lazy(async () => {
    loads += 1;
    if (loads === 1) throw new TypeError("no network");
    return loads;
  });
  await expect(lazy.get()).rejects.toMatchObject({ code: "not_loaded" });
  expect(lazy.wanted).toBe(false);
  expect(await lazy.get()).toBe(2);
});

test("calls that wait for it are made in their order, and later ones at once", async () => {
  const lazy = new Lazy(async () => "it");
  const made: string[] = [];
  lazy.use((it) => made.push(`${it} 1`));
  lazy.use((it) => made.push(`${it} 2`));
  expect(made).toEqual([]);
  await lazy.get();
  expect(made).toEqual(["it 1", "it 2"]);
  lazy.use((it) => made.push(`${it} 3`));
  expect(made).toEqual(["it 1", "it 2", "it 3"]);
});

test("calls on what cannot be loaded are not made, and nothing is thrown", async () => {
  const lazy = new Lazy(() => Promise.reject(new TypeError("no network")));
  const made: unknown[] = [];
  lazy.use((it) => made.push(it));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(made).toEqual([]);
});
