import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Batch } from "../../src/peer/batch.js";
import { Held } from "../../src/peer/held.js";
import { Recovery } from "../../src/peer/recovery.js";
import { resend } from "../../src/peer/resend.js";
import type { Candidate } from "../../src/wire/protocol.js";

const candidate = (n: number): Candidate => ({ candidate: `candidate:${n}` });
const candidates = (n: number) => Array.from({ length: n }, (_, i) => candidate(i));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("held", () => {
  test("candidates are kept by sender and connection, and given once", () => {
    const held = new Held();
    held.put("a", "x", [candidate(1)]);
    held.put("a", "x", [candidate(2)]);
    held.put("a", "y", [candidate(3)]);
    expect(held.take("a", "x")).toEqual([candidate(1), candidate(2)]);
    expect(held.take("a", "x")).toEqual([]);
    expect(held.take("b", "y")).toEqual([]);
  });

  test("it holds a bounded number", () => {
    const held = new Held(2);
    for (const pc of ["x", "y", "z"]) held.put("a", pc, candidates(100));
    expect(held.take("a", "x")).toEqual([]);
    expect(held.take("a", "z")).toHaveLength(64);
  });
});

describe("batch", () => {
  test("candidates within 30 ms travel together", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    batch.add(candidate(1));
    vi.advanceTimersByTime(20);
    batch.add(candidate(2));
    vi.advanceTimersByTime(10);
    expect(sent).toEqual([2]);
  });

  test("later batches wait longer, and not for more when gathering has ended", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    batch.add(candidate(1));
    vi.advanceTimersByTime(30);
    batch.add(candidate(2));
    vi.advanceTimersByTime(59);
    expect(sent).toEqual([1]);
    batch.end();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([1, 1]);
  });

  test("paused, it keeps what gathers for the description", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.add(candidate(1));
    batch.end();
    vi.advanceTimersByTime(1_000);
    expect(batch.take()).toEqual([candidate(1)]);
    batch.resume();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([]);
  });

  test("a full batch goes at once, and a cleared one never", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    for (const each of candidates(64)) batch.add(each);
    expect(sent).toEqual([64]);
    batch.add(candidate(1));
    batch.clear();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([64]);
  });
});

describe("resend", () => {
  test("again after 1, 2 and 4 s, then no more", () => {
    const times: number[] = [];
    const start = Date.now();
    resend(
      () => times.push(Date.now() - start),
      () => 0,
    );
    vi.advanceTimersByTime(60_000);
    expect(times).toEqual([1_000, 3_000, 7_000]);
  });

  test("jitter adds up to a fifth, and stop stops", () => {
    const action = vi.fn();
    const stop = resend(action, () => 1);
    vi.advanceTimersByTime(1_199);
    expect(action).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(action).toHaveBeenCalledTimes(1);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(action).toHaveBeenCalledTimes(1);
  });
});

describe("recovery", () => {
  function recovery() {
    const log: (number | "given up")[] = [];
    const it = new Recovery(
      (attempt) => log.push(attempt),
      () => log.push("given up"),
      () => 0,
    );
    return { it, log };
  }

  test("six tries, then it is given up, until there is news", () => {
    const { it, log } = recovery();
    it.due(1_000);
    vi.advanceTimersByTime(300_000);
    expect(log).toEqual([1, 2, 3, 4, 5, 6, "given up"]);
    expect(it.exhausted).toBe(true);
    it.due(0);
    vi.advanceTimersByTime(1);
    expect(log).toHaveLength(7);
    it.again(0);
    vi.advanceTimersByTime(1);
    expect(log).toHaveLength(8);
    it.reset();
  });

  test("a try that is due is not put off, and success ends it", () => {
    const { it, log } = recovery();
    it.due(1_000);
    it.due(5_000);
    vi.advanceTimersByTime(1_000);
    expect(log).toEqual([1]);
    it.reset();
    vi.advanceTimersByTime(300_000);
    expect(log).toEqual([1]);
  });
});
