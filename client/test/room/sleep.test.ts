import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SLEEP_AFTER_SECONDS, Sleep } from "../../src/room/sleep.js";
import { FOLLOW_MS } from "../../src/wire/protocol.js";

let said: string[];
const sleeper = { sleep: () => void said.push("sleep"), wake: () => void said.push("wake") };

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
});
afterEach(() => {
  vi.useRealTimers();
});

test("sockets that are not needed sleep after a minute, and wake when they are", () => {
  const sleep = new Sleep(sleeper, undefined, FOLLOW_MS);
  sleep.update("none");
  vi.advanceTimersByTime(SLEEP_AFTER_SECONDS * 1_000 - 1);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(said).toEqual(["sleep"]);
  sleep.update("none");
  vi.advanceTimersByTime(3_600_000);
  expect(said).toEqual(["sleep"]);
  sleep.update("now");
  expect(said).toEqual(["sleep", "wake"]);
});

test("news that the sockets are needed begins the time anew", () => {
  const sleep = new Sleep(sleeper, 10, FOLLOW_MS);
  for (const need of ["none", "now", "none"] as const) {
    sleep.update(need);
    vi.advanceTimersByTime(9_000);
  }
  expect(said).toEqual(["wake"]);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(["wake", "sleep"]);
});

test("whoever is left alone wakes two seconds later, or at once if somebody comes", () => {
  const sleep = new Sleep(sleeper, 1, FOLLOW_MS);
  for (const [ms, then] of [
    [2_000, "none"],
    [1_999, "now"],
  ] as const) {
    said = [];
    sleep.update("none");
    vi.advanceTimersByTime(1_000);
    sleep.update("soon");
    vi.advanceTimersByTime(1_999);
    expect(said).toEqual(["sleep"]);
    vi.advanceTimersByTime(ms - 1_999);
    sleep.update(then);
    expect(said).toEqual(["sleep", "wake"]);
  }
});

test("whoever leaves in that moment does not wake", () => {
  const sleep = new Sleep(sleeper, 1, FOLLOW_MS);
  sleep.update("none");
  vi.advanceTimersByTime(1_000);
  sleep.update("soon");
  sleep.close();
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual(["sleep"]);
});

test.each([Number.POSITIVE_INFINITY, 1e9])("after %s seconds is never", (seconds) => {
  const sleep = new Sleep(sleeper, seconds, FOLLOW_MS);
  sleep.update("none");
  vi.advanceTimersByTime(86_400_000);
  expect(said).toEqual([]);
});

test("a room that is over does not sleep", () => {
  const sleep = new Sleep(sleeper, 1, FOLLOW_MS);
  sleep.update("none");
  sleep.close();
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual([]);
});
