import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createPc, createSecret, nextMoment, sequence } from "../../src/wire/ids.js";
import { CLOCKS } from "../clocks.js";
import { store } from "../turn/store.js";

const START = 1_795_290_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("ids", () => {
  test("seq starts at the clock and increases", () => {
    const next = sequence(1_795_000_000_000);
    expect([next(), next()]).toEqual([1_795_000_000_000_000, 1_795_000_000_000_001]);
    expect(Number.isSafeInteger(next())).toBe(true);
  });

  test("the moment of a page is the clock, and later than that of any page before", () => {
    vi.stubGlobal("localStorage", store());
    expect(nextMoment()).toBe(START);
    expect(nextMoment()).toBe(START + 1_000);
    vi.setSystemTime(START + 60_000);
    expect(nextMoment()).toBe(START + 60_000);
    for (const [, ms] of CLOCKS) {
      const before = nextMoment();
      vi.setSystemTime(START + ms);
      const next = nextMoment();
      expect(next).toBeGreaterThanOrEqual(before + 1_000);
      vi.setSystemTime(START + 60_000);
    }
  });

  test.each(["", "soon", "-1e300", "1e300", "NaN", "Infinity", "9000000000000"])(
    "what is stored as the last moment and is none does no harm: %j",
    (stored) => {
      const kept = store();
      vi.stubGlobal("localStorage", kept);
      kept.setItem("heliograph.moment", stored);
      expect(nextMoment()).toBe(START);
      expect(nextMoment()).toBe(START + 1_000);
    },
  );

  test("a browser that stores nothing has its clock", () => {
    const blocked = () => {
      throw new DOMException("blocked", "SecurityError");
    };
    vi.stubGlobal("localStorage", { getItem: () => null, setItem: blocked });
    expect([nextMoment(), nextMoment()]).toEqual([START, START]);
    vi.stubGlobal("localStorage", undefined);
    expect(nextMoment()).toBe(START);
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
