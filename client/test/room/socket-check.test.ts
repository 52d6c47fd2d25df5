/** Whether a stamp knows our socket: the table at the head of socket-check.ts, on a virtual clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SETTLE_MS, SocketCheck } from "../../src/room/socket-check.js";

const OURS = 1_000; // `admittedAt` of the answer that opened our socket
const OTHER = 2_000;
const ANSWER_MS = 100;

let start: number;
/** ms since the start. */
let asked: number[];
let unknown: number;
/** The socket that the stamp knows. */
let known: number | undefined;
/** Negotiate fails. */
let isAway: boolean;
let random: number;
let check: SocketCheck;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  [start, asked, unknown, known, isAway, random] = [performance.now(), [], 0, OURS, false, 0];
  check = new SocketCheck({
    ask: async () => {
      const askedAt = performance.now();
      asked.push(Math.round(askedAt - start));
      await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
      if (!isAway) check.answered(askedAt, known);
    },
    unknown: () => {
      unknown += 1;
    },
    random: () => random,
  });
});
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** From question to question: the pause begins when the answer has come, or did not. */
const after = (ms: number) => ms + ANSWER_MS;

describe("a socket that has opened", () => {
  test("is asked about once, after 3 s", async () => {
    await pass(10_000);
    check.opened(OURS);
    await pass(SETTLE_MS - 1);
    expect(asked).toEqual([]);
    await pass(600_000);
    expect([asked, unknown]).toEqual([[13_000], 0]);
  });

  test("is asked about up to 3 s later, so that not all members ask at once", async () => {
    random = 0.999;
    check.opened(OURS);
    await pass(60_000);
    expect(asked).toEqual([5_997]);
  });

  test.each([0, 1, SETTLE_MS - 1])(
    "is not asked about if the stamp tells of it after %d ms",
    async (ms) => {
      check.opened(OURS);
      await pass(ms);
      check.told(OURS);
      await pass(600_000);
      expect([asked, unknown, vi.getTimerCount()]).toEqual([[], 0, 0]);
    },
  );

  test("is not asked about if the stamp tells of it before we know that it is open", async () => {
    check.told(OURS);
    check.opened(OURS);
    await pass(600_000);
    expect([asked, vi.getTimerCount()]).toEqual([[], 0]);
  });

  test("is asked about if the stamp tells of another one", async () => {
    check.opened(OURS);
    check.told(OTHER);
    await pass(SETTLE_MS);
    expect(asked).toEqual([SETTLE_MS]);
  });

  test("is asked about again after twice as long, a minute at most, until there is an answer", async () => {
    isAway = true;
    check.opened(OURS);
    await pass(220_000);
    const pauses = asked.map((at, n) => at - (asked[n - 1] ?? 0));
    expect(pauses).toEqual([3_000, ...[6_000, 12_000, 24_000, 48_000, 60_000, 60_000].map(after)]);
    isAway = false;
    await pass(600_000);
    expect([asked.length, unknown]).toEqual([pauses.length + 1, 0]);
  });
});

describe("an answer", () => {
  test("that names this socket ends the questions", async () => {
    check.opened(OURS);
    await pass(600_000);
    expect([asked, unknown]).toEqual([[3_000], 0]);
    check.answered(performance.now(), undefined);
    await pass(600_000);
    expect([asked.length, unknown]).toEqual([1, 0]);
  });

  test.each([
    ["no socket", undefined],
    ["another socket", OTHER],
  ])("that names %s says that it is unknown, once", async (_, other) => {
    known = other;
    check.opened(OURS);
    await pass(SETTLE_MS + ANSWER_MS - 1);
    expect(unknown).toBe(0);
    await pass(1);
    expect(unknown).toBe(1);
    await pass(600_000);
    expect([asked, unknown, vi.getTimerCount()]).toEqual([[3_000], 1, 0]);
  });

  test("to a question for another reason counts too", async () => {
    random = 0.999;
    check.opened(OURS);
    await pass(SETTLE_MS);
    check.answered(performance.now(), OURS);
    await pass(600_000);
    expect(asked).toEqual([]);
    check.opened(OTHER);
    await pass(SETTLE_MS);
    check.answered(performance.now(), OURS);
    expect([asked, unknown]).toEqual([[], 1]);
  });

  test.each([
    ["no socket", undefined],
    ["this socket", OURS],
  ])("that was asked for too early does not count: it names %s", async (_, early) => {
    check.opened(OURS);
    await pass(SETTLE_MS - 1);
    const askedAt = performance.now();
    await pass(1);
    check.answered(askedAt, early);
    expect(unknown).toBe(0);
    await pass(ANSWER_MS);
    expect([asked, unknown]).toEqual([[SETTLE_MS], 0]);
  });

  test("to what was asked before the socket opened does not count", async () => {
    const askedAt = performance.now();
    await pass(60_000);
    check.opened(OURS);
    check.answered(askedAt, undefined);
    await pass(SETTLE_MS);
    check.answered(askedAt, undefined);
    expect(unknown).toBe(0);
  });
});

describe("a socket that has closed", () => {
  test("is asked about no more, and no answer counts", async () => {
    known = undefined;
    check.opened(OURS);
    await pass(SETTLE_MS - 1);
    check.closed();
    await pass(600_000);
    check.answered(performance.now(), undefined);
    expect([asked, unknown, vi.getTimerCount()]).toEqual([[], 0, 0]);
  });

  test("while its answer is under way is not ended, and asks no more", async () => {
    known = undefined;
    check.opened(OURS);
    await pass(SETTLE_MS + 1);
    check.closed();
    await pass(600_000);
    expect([asked, unknown, vi.getTimerCount()]).toEqual([[3_000], 0, 0]);
  });

  test("leaves the next one its own 3 s, and what was asked of the old one says nothing of it", async () => {
    isAway = true;
    check.opened(OURS);
    await pass(40_000);
    check.closed();
    [isAway, known, asked] = [false, OTHER, []];
    check.opened(OTHER);
    await pass(SETTLE_MS + ANSWER_MS);
    expect([asked, unknown]).toEqual([[43_000], 0]);
    await pass(600_000);
    expect(asked).toHaveLength(1);
  });
});
