import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { firstOf } from "../../src/room/first.js";

const full = () => new HeliographError("room_full", "", { status: 409 });
const away = () => new HeliographError("backend_away", "");
const busy = () => new HeliographError("busy", "", { status: 503 });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function after(ms: number, end: string | HeliographError): Promise<string> {
  return new Promise((resolve, reject) => {
    setTimeout(() => (end instanceof HeliographError ? reject(end) : resolve(end)), ms);
  });
}

/** What comes of it, and after how many ms. */
async function outcome<T>(promise: Promise<T>): Promise<[unknown, number]> {
  const start = Date.now();
  const end = promise.then(
    (value) => [value, Date.now() - start] as [unknown, number],
    (error) => [error.code, Date.now() - start] as [unknown, number],
  );
  await vi.advanceTimersByTimeAsync(60_000);
  return end;
}

describe("of several answers", () => {
  test("the first one counts, and it is said whose it is", async () => {
    const first = firstOf([after(20, "a"), after(10, "b")]);
    expect(await outcome(first)).toEqual([{ place: 1, value: "b" }, 10]);
  });

  test.each([
    ["an answer within 2 s counts more than a refusal", 1_900, { place: 1, value: "b" }, 1_900],
    ["a refusal counts if nothing better has come for 2 s", 2_100, "room_full", 2_000],
  ])("%s", async (_, ms, result, at) => {
    expect(await outcome(firstOf([after(0, full()), after(ms, "b")]))).toEqual([result, at]);
  });

  test("a final refusal counts at once, one that is not does not", async () => {
    const isFinal = (_: unknown, place: number) => place === 1;
    const late = () => after(500, "c");
    const final = firstOf([late(), after(5, full())], { isFinal });
    expect(await outcome(final)).toEqual(["room_full", 5]);
    const other = firstOf([after(5, full()), late()], { isFinal });
    expect(await outcome(other)).toEqual([{ place: 1, value: "c" }, 500]);
  });

  test.each([
    ["a refusal", [away(), full(), busy()], "room_full"],
    ["an answer that decides nothing", [away(), busy()], "busy"],
    ["no answer", [away(), away()], "backend_away"],
  ])("when all have failed, %s is told", async (_, errors, code) => {
    const all = errors.map((error, n) => after(n, error));
    expect(await outcome(firstOf(all))).toEqual([code, errors.length - 1]);
  });

  test("the end of the waiting is told at once", async () => {
    const controller = new AbortController();
    const first = firstOf([after(100, "a")], { signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    expect(await outcome(first)).toEqual(["aborted", 10]);
    const late = firstOf([after(100, "a")], { signal: AbortSignal.abort() });
    expect(await outcome(late)).toEqual(["aborted", 0]);
  });

  test("leaves no timer behind", async () => {
    const first = firstOf([after(0, full()), after(10, "b")]);
    await vi.advanceTimersByTimeAsync(10);
    await first;
    expect(vi.getTimerCount()).toBe(0);
  });
});
