import { describe, expect, test } from "vitest";
import { Departed } from "../../src/room/departed.js";
import { sequence } from "../../src/wire/ids.js";

const PAGE = 1_795_000_000_000_000; // a page's first seq: its clock in µs

describe("a member that left for good", () => {
  test("is not heard any more with what was under way", () => {
    const departed = new Departed();
    departed.add("a", PAGE + 7);
    for (const seq of [PAGE, PAGE + 7, PAGE + 9]) expect(departed.sentBefore("a", seq)).toBe(true);
  });

  test("is heard with what its next page says, a second later", () => {
    const departed = new Departed();
    const first = sequence(1_795_000_000_000);
    first();
    departed.add("a", first());
    expect(departed.sentBefore("a", sequence(1_795_000_001_000)())).toBe(false);
  });

  test("is heard again when it is listed again", () => {
    const departed = new Departed();
    departed.add("a", PAGE);
    departed.remove("a");
    expect(departed.sentBefore("a", PAGE)).toBe(false);
  });

  test("of whom nothing was ever heard does not block its first message", () => {
    const departed = new Departed();
    departed.add("a", -1);
    expect(departed.sentBefore("a", PAGE)).toBe(false);
  });
});

test("who never left is heard", () => {
  expect(new Departed().sentBefore("a", 0)).toBe(false);
});

test("of too many the first ones are forgotten", () => {
  const departed = new Departed(2);
  for (const id of ["b", "c", "d"]) departed.add(id, PAGE);
  expect(["b", "c", "d"].map((id) => departed.sentBefore(id, PAGE))).toEqual([false, true, true]);
});
