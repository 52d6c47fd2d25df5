import { describe, expect, test, vi } from "vitest";
import { BoundedMap } from "../../src/collections/bounded-map.js";

const keysOf = (map: BoundedMap<string, number>, ...keys: string[]) =>
  keys.filter((key) => map.has(key)).join("");

function full(): BoundedMap<string, number> {
  const map = new BoundedMap<string, number>(3);
  for (const [n, key] of ["a", "b", "c"].entries()) map.set(key, n);
  return map;
}

describe("a bounded map", () => {
  test("holds what was set, as a map does", () => {
    const map = full();
    expect([map.get("a"), map.get("c"), map.get("x")]).toEqual([0, 2, undefined]);
    map.set("a", 7);
    expect([map.get("a"), map.size]).toEqual([7, 3]);
  });

  test("removes the oldest entry for each one too many", () => {
    const map = full();
    map.set("d", 3);
    expect(keysOf(map, "a", "b", "c", "d")).toBe("bcd");
    map.set("e", 4);
    expect(keysOf(map, "a", "b", "c", "d", "e")).toBe("cde");
    expect(map.size).toBe(3);
  });

  test("counts an entry that is set again as the newest", () => {
    const map = full();
    map.set("a", 9);
    map.set("d", 3);
    expect(keysOf(map, "a", "b", "c", "d")).toBe("acd");
  });

  test("does not count a read as use", () => {
    const map = full();
    map.get("a");
    map.has("a");
    map.set("d", 3);
    expect(map.has("a")).toBe(false);
  });

  test("counts a touch as use, and keeps the value", () => {
    const map = full();
    const create = vi.fn(() => 100);
    expect(map.touch("a", create)).toBe(0);
    expect(create).not.toHaveBeenCalled();
    map.set("d", 3);
    expect(keysOf(map, "a", "b", "c", "d")).toBe("acd");
  });

  test("creates an entry that is touched and not there", () => {
    const map = full();
    expect(map.touch("d", () => 100)).toBe(100);
    expect([map.get("d"), map.has("a"), map.size]).toEqual([100, false, 3]);
  });

  test("keeps a value of undefined apart from no entry", () => {
    const map = new BoundedMap<string, undefined>(1);
    map.set("a", undefined);
    const create = vi.fn();
    map.touch("a", create);
    expect([map.has("a"), create.mock.calls.length]).toEqual([true, 0]);
  });

  test("answers the value that it removes, once", () => {
    const map = full();
    expect([map.remove("b"), map.remove("b"), map.size]).toEqual([1, undefined, 2]);
    map.set("d", 3);
    expect(keysOf(map, "a", "c", "d")).toBe("acd");
  });

  test("of one entry holds the last one", () => {
    const map = new BoundedMap<string, number>(1);
    map.set("a", 1);
    map.set("b", 2);
    expect([map.get("a"), map.get("b"), map.size]).toEqual([undefined, 2, 1]);
  });

  test.each([0, -1, Number.NaN])("of %d entries is an error of the program", (maxEntries) => {
    expect(() => new BoundedMap(maxEntries)).toThrow(RangeError);
  });
});
