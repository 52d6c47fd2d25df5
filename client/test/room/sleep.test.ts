import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SLEEP_AFTER_SECONDS, Sleep } from "../../src/room/sleep.js";

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
  const sleep = new Sleep(sleeper);
  sleep.update(true);
  vi.advanceTimersByTime(SLEEP_AFTER_SECONDS * 1_000 - 1);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(said).toEqual(["sleep"]);
  sleep.update(true);
  vi.advanceTimersByTime(3_600_000);
  expect(said).toEqual(["sleep"]);
  sleep.update(false);
  expect(said).toEqual(["sleep", "wake"]);
});

test("news that the sockets are needed begins the time anew", () => {
  const sleep = new Sleep(sleeper, 10);
  for (const idle of [true, false, true]) {
    sleep.update(idle);
    vi.advanceTimersByTime(9_000);
  }
  expect(said).toEqual(["wake"]);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(["wake", "sleep"]);
});

test.each([Number.POSITIVE_INFINITY, 1e9])("after %s seconds is never", (seconds) => {
  const sleep = new Sleep(sleeper, seconds);
  sleep.update(true);
  vi.advanceTimersByTime(86_400_000);
  expect(said).toEqual([]);
});

test("a room that is over does not sleep", () => {
  const sleep = new Sleep(sleeper, 1);
  sleep.update(true);
  sleep.close();
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual([]);
});
