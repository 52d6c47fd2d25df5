import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backoff, pause, withTimeout } from "../../src/timing/backoff.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("backoff", () => {
  test("below 0.5, 1, 2, 4 … 30 s", () => {
    const most = [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff(attempt, () => 1));
    expect(most).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(backoff(5, () => 0)).toBe(0);
  });

  test("a pause ends when it is aborted", async () => {
    const controller = new AbortController();
    const paused = pause(60_000, controller.signal);
    controller.abort();
    await expect(paused).resolves.toBeUndefined();
    await expect(pause(60_000, controller.signal)).resolves.toBeUndefined();
  });
});

test("what does not come in time is null, and leaves no timer", async () => {
  const late = withTimeout(1_000, new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await late).toBeNull();
  expect(await withTimeout(1_000, Promise.resolve(1))).toBe(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});
