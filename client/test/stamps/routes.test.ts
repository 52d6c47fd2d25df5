import { describe, expect, test } from "vitest";
import type { Reach } from "../../src/stamps/presence-types.js";
import {
  hedgeMs,
  learn,
  MAX_HEDGE_MS,
  MIN_HEDGE_MS,
  noRoutes,
  order,
  type RouteEvent,
  type Routes,
} from "../../src/stamps/routes.js";

const after = (events: RouteEvent[], stamps = 2): Routes => events.reduce(learn, noRoutes(stamps));
const opened = (stamp: number): RouteEvent => ({ type: "opened", stamp });
const closed = (stamp: number): RouteEvent => ({ type: "closed", stamp });
const failed = (stamp: number): RouteEvent => ({ type: "failed", stamp });
const answered = (stamp: number, ms: number): RouteEvent => ({ type: "answered", stamp, ms });
const both = [opened(0), opened(1)];

describe("the order of two stamps", () => {
  test.each<[string, RouteEvent[], [Reach, Reach], number[]]>([
    ["nothing is known", [], ["here", "here"], [0, 1]],
    ["one socket is open", [opened(1)], ["here", "here"], [1, 0]],
    ["a socket has ended", [...both, closed(0)], ["here", "here"], [1, 0]],
    ["the receiver is at one", both, ["absent", "here"], [1, 0]],
    ["the receiver is where no socket of ours is open", [opened(0)], ["absent", "here"], [1, 0]],
    ["it is absent at one, and the other is not known", [opened(0)], ["absent", "unknown"], [1, 0]],
    ["it is at one, and the other is not known", [opened(1)], ["unknown", "here"], [1, 0]],
    ["one answers faster", [...both, answered(0, 90), answered(1, 30)], ["here", "here"], [1, 0]],
    ["one is measured", [...both, answered(1, 900)], ["here", "here"], [1, 0]],
    ["one has failed", [...both, answered(0, 30), failed(0)], ["here", "here"], [1, 0]],
    [
      "one has failed more often",
      [...both, failed(0), failed(0), failed(1)],
      ["here", "here"],
      [1, 0],
    ],
    [
      "it has failed, and answered since",
      [...both, failed(0), answered(0, 9)],
      ["here", "here"],
      [0, 1],
    ],
    [
      "it has failed, and its socket is new",
      [...both, failed(0), opened(0)],
      ["here", "here"],
      [0, 1],
    ],
    [
      "one has failed, and the receiver is there only",
      [...both, failed(1)],
      ["absent", "here"],
      [1, 0],
    ],
  ])("%s", (_, events, [first, second], expected) => {
    expect(order(after(events), (stamp) => (stamp === 0 ? first : second))).toEqual(expected);
  });

  test("of three has each once", () => {
    const routes = after([opened(2), opened(1), answered(1, 50)], 3);
    expect(order(routes, () => "here")).toEqual([1, 2, 0]);
  });
});

describe("the time after which the next stamp is tried", () => {
  const afterRoundTrips = (...times: number[]) =>
    hedgeMs(after(times.map((ms) => answered(0, ms))), 0);

  test("is 1 s while nothing is known", () => {
    expect(hedgeMs(noRoutes(2), 0)).toBe(MAX_HEDGE_MS);
    expect(hedgeMs(noRoutes(2), 7)).toBe(MAX_HEDGE_MS);
  });

  // RFC 6298 §2.2: the first deviation is half of the round trip.
  test.each([
    [5, MIN_HEDGE_MS],
    [30, 4 * 30 + 4 * 15],
    [100, 4 * 100 + 4 * 50],
    [400, MAX_HEDGE_MS],
  ])("is of a first round trip of %i ms: %i ms", (ms, expected) => {
    expect(afterRoundTrips(ms)).toBe(expected);
  });

  // RFC 6298 §2.3, by hand: deviation 3/4 · 50 + 1/4 · 80, mean 7/8 · 100 + 1/8 · 20.
  test("follows the second round trip as RFC 6298 says", () => {
    expect(afterRoundTrips(100, 20)).toBeCloseTo(4 * 90 + 4 * 57.5, 9);
  });

  test("comes near to four round trips where they are even", () => {
    expect(afterRoundTrips(...Array<number>(60).fill(50))).toBeCloseTo(200, 0);
  });

  test("grows with their spread", () => {
    const spread = [...Array(60).keys()].map((n) => (n % 2 === 0 ? 20 : 80));
    expect(afterRoundTrips(...spread)).toBeGreaterThan(280);
  });

  test("is not changed by a failure or a new socket", () => {
    const events = [answered(0, 60), failed(0), closed(0), opened(0)];
    expect(hedgeMs(after(events), 0)).toBe(afterRoundTrips(60));
  });
});
