import { describe, expect, test } from "vitest";
import { Departed } from "../../src/room/departed.js";

describe("departed", () => {
  test("what was under way does not count, what a new page says does", () => {
    const departed = new Departed(2);
    const page = 1_795_000_000_000_000;
    departed.add("a", page + 7);
    expect(departed.sentBefore("a", page + 9)).toBe(true);
    expect(departed.sentBefore("a", page + 1_000_000)).toBe(false);
    departed.remove("a");
    expect(departed.sentBefore("a", page)).toBe(false);
    for (const id of ["b", "c", "d"]) departed.add(id, page);
    expect(departed.sentBefore("b", page)).toBe(false);
    expect(departed.sentBefore("d", page)).toBe(true);
  });
});
