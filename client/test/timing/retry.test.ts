import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { type RetryOptions, retry } from "../../src/timing/retry.js";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const busy = (retryAfter?: number) =>
  new HeliographError("busy", "", retryAfter === undefined ? {} : { retryAfter });

/** Runs a task that fails so often and then succeeds; `times`: when each try began, in ms. */
function run(failures: unknown[], options: Partial<RetryOptions> = {}) {
  const times: number[] = [];
  const left = [...failures];
  const task = async () => {
    times.push(Date.now());
    if (left.length > 0) throw left.shift();
    return "done";
  };
  const outcome = retry(task, { tries: 3, waitMs: () => 0, ...options }).catch((e: unknown) => e);
  return { times, outcome };
}

describe("a task that is retried", () => {
  test("runs once if it succeeds", async () => {
    const { times, outcome } = run([]);
    expect(await outcome).toBe("done");
    expect(times).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("runs again after a transient failure", async () => {
    const { times, outcome } = run([busy(), busy()]);
    await vi.runAllTimersAsync();
    expect(await outcome).toBe("done");
    expect(times).toHaveLength(3);
  });

  test("fails with the error of its last try", async () => {
    const last = busy();
    const { times, outcome } = run([busy(), busy(), last]);
    await vi.runAllTimersAsync();
    expect(await outcome).toBe(last);
    expect(times).toHaveLength(3);
  });

  test("is not tried again if it may run only once", async () => {
    const { times, outcome } = run([busy()], { tries: 1 });
    expect(await outcome).toMatchObject({ code: "busy" });
    expect(times).toHaveLength(1);
  });

  test.each([
    "busy",
    "day_full",
    "unavailable",
    "internal",
    "rate_limited",
    "backend_away",
    "bad_answer",
  ])("is tried again after %s", async (code) => {
    const { outcome } = run([new HeliographError(code, "")]);
    await vi.runAllTimersAsync();
    expect(await outcome).toBe("done");
  });

  test.each([
    new HeliographError("room_full", ""),
    new HeliographError("kicked", ""),
    new HeliographError("aborted", ""),
    new HeliographError("a_code_of_tomorrow", ""),
    new TypeError("a bug"),
    undefined,
  ])("is not tried again after %s", async (error) => {
    const { times, outcome } = run([error]);
    expect(await outcome).toBe(error);
    expect(times).toHaveLength(1);
  });

  test("asks the caller what is worth another try", async () => {
    const isRetryable = (error: unknown) => error instanceof TypeError;
    const tried = run([new TypeError("x")], { isRetryable });
    await vi.runAllTimersAsync();
    expect(await tried.outcome).toBe("done");
    const refused = run([busy()], { isRetryable });
    expect(await refused.outcome).toMatchObject({ code: "busy" });
  });
});

describe("the wait before a retry", () => {
  test("is that of the backoff for the number of failures so far", async () => {
    const { times, outcome } = run([busy(), busy()], { waitMs: (attempt) => attempt * 100 });
    await vi.runAllTimersAsync();
    await outcome;
    expect(times).toEqual([0, 100, 300]);
  });

  test("has full jitter by default: below 1 s, then below 2 s", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { times, outcome } = run([busy(), busy()], { waitMs: undefined as never });
    await vi.runAllTimersAsync();
    await outcome;
    vi.restoreAllMocks();
    expect(times).toEqual([0, 500, 1_500]);
  });

  test("is at least what the server asks for", async () => {
    const { times, outcome } = run([busy(2)], { waitMs: () => 300 });
    await vi.advanceTimersByTimeAsync(2_299);
    expect(times).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toBe("done");
    expect(times).toEqual([0, 2_300]);
  });

  test("is not accepted if the server asks for more than the caller has", async () => {
    const { times, outcome } = run([busy(5), busy(6)], { maxRetryAfterSeconds: 5 });
    await vi.runAllTimersAsync();
    expect(await outcome).toMatchObject({ retryAfter: 6 });
    expect(times).toEqual([0, 5_000]);
  });
});

describe("a signal that aborts", () => {
  test("before the first try lets the task not run at all", async () => {
    const { times, outcome } = run([], { signal: AbortSignal.abort() });
    expect(await outcome).toMatchObject({ code: "aborted" });
    expect(times).toEqual([]);
  });

  test("ends a wait at once, and leaves no timer", async () => {
    const controller = new AbortController();
    const { times, outcome } = run([busy(60)], { signal: controller.signal });
    await vi.advanceTimersByTimeAsync(1_000);
    controller.abort();
    expect(await outcome).toMatchObject({ code: "aborted" });
    expect([times, vi.getTimerCount()]).toEqual([[0], 0]);
  });

  test("after the last try changes nothing", async () => {
    const controller = new AbortController();
    const { outcome } = run([], { signal: controller.signal });
    expect(await outcome).toBe("done");
    controller.abort();
    expect(await outcome).toBe("done");
  });
});
