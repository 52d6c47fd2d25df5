import { describe, expect, test } from "vitest";
import { Seen } from "../../src/room/seen.js";

describe("seen", () => {
  test("a message is new once, for each sender", () => {
    const seen = new Seen();
    expect([seen.first("a", 1), seen.first("a", 1), seen.first("b", 1)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(seen.highest("a")).toBe(1);
    expect(seen.highest("c")).toBe(-1);
  });

  test("order does not matter within its memory; what is older counts as seen", () => {
    const seen = new Seen(4);
    for (const seq of [10, 30, 20, 40, 50]) expect(seen.first("a", seq)).toBe(true);
    expect(seen.first("a", 45)).toBe(true);
    expect(seen.first("a", 5)).toBe(false);
  });

  test("of too many senders it forgets the one silent longest", () => {
    const seen = new Seen(4, 2);
    for (const from of ["a", "b", "a", "c"]) seen.first(from, 1);
    expect(seen.first("a", 1)).toBe(false);
    expect(seen.first("b", 1)).toBe(true);
  });
});
