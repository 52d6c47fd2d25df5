import { describe, expect, test } from "vitest";
import { Seen } from "../../src/room/seen.js";

describe("a message", () => {
  test("is new once, for each sender", () => {
    const seen = new Seen();
    const first = [seen.first("a", 1), seen.first("a", 1), seen.first("b", 1)];
    expect(first).toEqual([true, false, true]);
  });

  test("is new in whatever order it comes, within the memory", () => {
    const seen = new Seen(4);
    for (const seq of [10, 30, 20, 40, 50]) expect(seen.first("a", seq)).toBe(true);
    expect(seen.first("a", 45)).toBe(true);
  });

  test("that is older than the memory counts as seen", () => {
    const seen = new Seen(4);
    for (const seq of [10, 30, 20, 40, 50]) seen.first("a", seq);
    expect([seen.first("a", 5), seen.first("a", 25)]).toEqual([false, false]);
  });

  test("is never new twice, however many come after it", () => {
    const seen = new Seen(8);
    let news = 0;
    for (let seq = 0; seq < 200; seq += 1) {
      for (const repeat of [seq, Math.max(0, seq - 3), Math.max(0, seq - 100)]) {
        if (seen.first("a", repeat)) news += 1;
      }
    }
    expect(news).toBe(200);
  });

  test("of seq 0 is a message like any other", () => {
    const seen = new Seen();
    expect([seen.first("a", 0), seen.first("a", 0)]).toEqual([true, false]);
  });
});

describe("the highest seq of a sender", () => {
  test("is -1 before the first message, and does not go down", () => {
    const seen = new Seen(2);
    expect(seen.highest("a")).toBe(-1);
    for (const seq of [5, 9, 7]) seen.first("a", seq);
    expect([seen.highest("a"), seen.highest("b")]).toEqual([9, -1]);
  });
});

test("of too many senders the one that is silent longest is forgotten", () => {
  const seen = new Seen(4, 2);
  for (const from of ["a", "b", "a", "c"]) seen.first(from, 1);
  expect(seen.first("a", 1)).toBe(false);
  expect(seen.first("b", 1)).toBe(true);
});
