import { expect, it } from "vitest";
import { readSaved, save } from "../../src/stats/answer/saved.js";
import { blockedStorage, fullStorage, MemoryStorage } from "../edge/memory-world.js";
import { example, NOW } from "./example.js";

it("keeps the last answer to each range", () => {
  const storage = new MemoryStorage();
  const answer = { etag: '"a"', at: NOW, answer: example() };
  save(() => storage, 7, { ...answer, etag: '"old"' });
  save(() => storage, 7, answer);
  expect(readSaved(() => storage, 7)).toEqual(answer);
  expect(readSaved(() => storage, 30)).toBeNull();
});

it.each(["{", "null", "7", '{"at":"x","answer":{}}', '{"at":1}'])("forgets %s", (junk) => {
  const storage = { getItem: () => junk, setItem: () => {} };
  expect(readSaved(() => storage, 7)).toBeNull();
});

it("asks without an etag if the kept one is none", () => {
  const storage = { getItem: () => '{"at":1,"answer":{},"etag":7}', setItem: () => {} };
  expect(readSaved(() => storage, 7)).toEqual({ at: 1, answer: {}, etag: null });
});

it.each([
  ["is blocked", blockedStorage],
  ["is full", fullStorage],
])("works where storage %s", (_, open) => {
  expect(() => save(open, 7, { etag: null, at: 1, answer: 1 })).not.toThrow();
  expect(readSaved(open, 7)).toBeNull();
});
