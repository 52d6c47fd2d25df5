import { describe, expect, test } from "vitest";
import { createPc, createSecret, sequence } from "../../src/wire/ids.js";

describe("ids", () => {
  test("seq starts at the clock and increases", () => {
    const next = sequence(1_795_000_000_000);
    expect([next(), next()]).toEqual([1_795_000_000_000_000, 1_795_000_000_000_001]);
    expect(Number.isSafeInteger(next())).toBe(true);
  });

  test("a connection's name has the right form", () => {
    expect(createPc()).toMatch(/^[A-Za-z0-9_-]{12}$/);
    expect(createPc()).not.toBe(createPc());
  });

  test("a secret has the right form, and is another each time", () => {
    expect(createSecret()).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(createSecret()).not.toBe(createSecret());
  });
});
