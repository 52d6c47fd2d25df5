import { describe, expect, test } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { Router } from "../../src/stamps/router.js";
import { MAX_HEDGE_MS } from "../../src/stamps/routes.js";
import { VirtualTime } from "./time.js";

/** A router over stamps that answer after so many ms; null: never. */
function setup(answersMs: (number | null)[]) {
  const time = new VirtualTime();
  const router = new Router(answersMs.length, time);
  for (const stamp of answersMs.keys()) router.opened(stamp);
  const starts: [number, number][] = [];
  const attempt = async (stamp: number, signal: AbortSignal) => {
    starts.push([stamp, time.now()]);
    await time.pause(answersMs[stamp] ?? 1e9, signal);
    if (signal.aborted) throw new HeliographError("aborted", "");
    return `of ${stamp}`;
  };
  /** Which stamp answers, and how long it took in ms. */
  const call = async (after?: ReadonlySet<number>) => {
    const began = time.now();
    starts.length = 0;
    let answer = "none";
    let ms = 0;
    const done = router
      .call({ attempt, ...(after ? { after } : {}) })
      .then(({ value }) => {
        answer = value;
        ms = time.now() - began;
      })
      .catch((error: HeliographError) => {
        answer = error.code;
      });
    await time.runUntil(began + 20_000);
    await done;
    return { answer, ms, starts: starts.map(([stamp, at]) => [stamp, at - began]) };
  };
  return { router, call, answersMs };
}

describe("a router", () => {
  test("starts the second within a second while nothing is measured", async () => {
    const { call } = setup([null, 50]);
    const { answer, starts } = await call();
    expect(answer).toBe("of 1");
    expect(starts).toEqual([
      [0, 0],
      [1, MAX_HEDGE_MS],
    ]);
  });

  test("starts it sooner where the round trip is known to be short", async () => {
    const { call, answersMs } = setup([40, 60]);
    for (let n = 0; n < 30; n += 1) await call();
    answersMs[0] = null;
    const { answer, ms, starts } = await call();
    expect(answer).toBe("of 1");
    expect(starts[1]?.[1]).toBeLessThan(200);
    expect(ms).toBeLessThan(300);
  });

  test("goes by the second at once after the first stood still", async () => {
    const { call } = setup([null, 50]);
    await call();
    expect(await call()).toEqual({ answer: "of 1", ms: 50, starts: [[1, 0]] });
  });

  test("comes back to a stamp whose socket is new", async () => {
    const { router, call, answersMs } = setup([null, 50]);
    await call();
    answersMs[0] = 20;
    router.closed(0);
    router.opened(0);
    await call(new Set([1])); // measured again
    expect((await call()).answer).toBe("of 0");
  });

  test("goes last by stamps that have taken the message in vain", async () => {
    const { call } = setup([20, 50]);
    await call();
    expect((await call(new Set([0]))).starts).toEqual([[1, 0]]);
    expect((await call(new Set([0, 1]))).starts).toEqual([[0, 0]]);
  });

  test("asks a stamp without a socket after those with one", () => {
    const { router } = setup([20, 50]);
    router.closed(0);
    expect(router.order()).toEqual([1, 0]);
    expect(router.order((stamp) => (stamp === 0 ? "here" : "absent"))).toEqual([0, 1]);
  });

  test("does not hold it against a stamp that its caller aborts", async () => {
    const time = new VirtualTime();
    const router = new Router(2, time);
    const abort = new AbortController();
    const attempt = () => Promise.reject(new HeliographError("aborted", ""));
    await expect(router.call({ attempt, signal: abort.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(router.order()).toEqual([0, 1]);
  });

  test("holds a refusal for an answer: the stamp works", async () => {
    const time = new VirtualTime();
    const router = new Router(2, time);
    const refuses = (code: string) => () => Promise.reject(new HeliographError(code, ""));
    await router.call({ attempt: refuses("too_large") }).catch(() => {});
    expect(router.order()).toEqual([0, 1]);
  });
});
