/** Candidates of members whom we do not know yet. */
import { describe, expect, test } from "vitest";
import { Held } from "../../src/room/held.js";
import type { Candidate } from "../../src/wire/protocol.js";

const candidate = (n: number): Candidate => ({ candidate: `candidate:${n}` });
const batch = (pc: string, ...numbers: number[]) => ({ pc, candidates: numbers.map(candidate) });
const many = (count: number) => [...Array(count).keys()];

describe("candidates that come before their member", () => {
  test("are kept by member and pair, and given once", () => {
    const held = new Held();
    held.put("a", batch("x", 1));
    held.put("a", batch("y", 3));
    held.put("a", batch("x", 2));
    expect(held.take("a")).toEqual([batch("y", 3), batch("x", 1, 2)]);
    expect(held.take("a")).toEqual([]);
    expect(held.take("b")).toEqual([]);
  });

  test("are at most 64 a pair", () => {
    const held = new Held();
    held.put("a", batch("x", ...many(60)));
    held.put("a", batch("x", ...many(60)));
    expect(held.take("a")[0]?.candidates).toHaveLength(64);
  });

  test("are of at most four pairs a member, the newest", () => {
    const held = new Held();
    for (const pc of ["1", "2", "3", "4", "5"]) held.put("a", batch(pc, 1));
    expect(held.take("a").map(({ pc }) => pc)).toEqual(["2", "3", "4", "5"]);
  });

  test("are of a bounded number of members: the one silent longest is forgotten", () => {
    const held = new Held(2);
    for (const from of ["a", "b", "a", "c"]) held.put(from, batch("x", 1));
    expect(held.take("b")).toEqual([]);
    expect(held.take("a")).toHaveLength(1);
    expect(held.take("c")).toHaveLength(1);
  });
});
