import { describe, expect, test } from "vitest";
import { backoff, pause } from "../../src/timing/backoff.js";

describe("backoff", () => {
  test("at once, then below 1, 2, 4 … 30 s", () => {
    const most = [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff(attempt, () => 1));
    expect(most).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
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
