import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Absences } from "../../src/room/absences.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("who is not back in 30 s has expired, once", () => {
  const expired = vi.fn();
  new Absences().start("a", expired);
  vi.advanceTimersByTime(29_999);
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  vi.advanceTimersByTime(60_000);
  expect(expired).toHaveBeenCalledTimes(1);
});

test("a second notice of the same absence does not make it longer", () => {
  const [first, second] = [vi.fn(), vi.fn()];
  const absences = new Absences();
  absences.start("a", first);
  vi.advanceTimersByTime(20_000);
  absences.start("a", second);
  vi.advanceTimersByTime(10_000);
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 0]);
});

test("who is back does not expire, and may be absent again for the full time", () => {
  const expired = vi.fn();
  const absences = new Absences();
  absences.start("a", expired);
  vi.advanceTimersByTime(20_000);
  absences.end("a");
  absences.end("a");
  absences.start("a", expired);
  vi.advanceTimersByTime(29_999);
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(expired).toHaveBeenCalledTimes(1);
});

test("who has expired may be absent once more", () => {
  const expired = vi.fn();
  const absences = new Absences();
  absences.start("a", expired);
  vi.advanceTimersByTime(30_000);
  absences.start("a", expired);
  vi.advanceTimersByTime(30_000);
  expect(expired).toHaveBeenCalledTimes(2);
});

test("each member has its own time", () => {
  const log: string[] = [];
  const absences = new Absences();
  absences.start("a", () => log.push("a"));
  vi.advanceTimersByTime(10_000);
  absences.start("b", () => log.push("b"));
  absences.start("c", () => log.push("c"));
  absences.end("b");
  vi.advanceTimersByTime(20_000);
  expect(log).toEqual(["a"]);
  vi.advanceTimersByTime(10_000);
  expect(log).toEqual(["a", "c"]);
});

test("after the end nobody expires, and no timer is left", () => {
  const expired = vi.fn();
  const absences = new Absences();
  absences.start("a", expired);
  absences.start("b", expired);
  absences.endAll();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(60_000);
  expect(expired).not.toHaveBeenCalled();
});
