/** What a host decides, told to two stamps of which one may be away. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { firstOf } from "../../src/room/first.js";
import { HostCalls, type HostPorts } from "../../src/room/host.js";
import { hedge } from "../../src/stamps/hedge.js";
import { backoff, pause } from "../../src/timing/backoff.js";
import { away, never, refusal, TestStamp } from "./test-stamp.js";

const PEER = "AAAAAAAAAAAAAAAA";
const INVITE = "~AAECAwQFBgcICQoLDA0ODw";

let stamps: [TestStamp, TestStamp];
let known: string[];
let carried: [number, string | undefined][];
let host: HostCalls;
let end: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  stamps = [new TestStamp("one"), new TestStamp("two")];
  carried = [];
  known = [];
  end = new AbortController();
  host = hostWith("h.o.st");
});
afterEach(() => {
  end.abort();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function hostWith(hostToken?: string): HostCalls {
  const ports: HostPorts = {
    stamps,
    router: { order: () => [0, 1] },
    carry: (stamp, orders) => carried.push([stamp, orders]),
    ordersFor: (stamp) => known[stamp],
  };
  return new HostCalls(ports, hostToken, { hedge, firstOf, backoff, pause }, end.signal);
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
describe("what is decided", () => {
  test("is told to both stamps, and their words are carried", async () => {
    await host.kick(PEER);
    await pass(0);
    expect(stamps.map(({ calls }) => calls)).toEqual(
      Array(2).fill([{ path: "/rooms/kick", body: { peer: PEER }, token: "h.o.st" }]),
    );
    expect(carried).toEqual([
      [0, "of one"],
      [1, "of two"],
    ]);
  });

  test.each([
    ["frozen", never],
    ["away", away],
    ["busy", refusal(503, "busy")],
  ])("is done when one has done it, while the other is %s", async (_, answer) => {
    stamps[0].answer = answer;
    expect(await host.lock(true)).toBe(true);
    expect(carried).toEqual([[1, "of two"]]);
  });

  test("a lock is told together with what each stamp may have missed", async () => {
    known = ["of two, before", "of one, before"];
    await host.lock(true);
    await pass(0);
    expect(stamps.map(({ calls }) => calls[0]?.body)).toEqual([
      { locked: true, orders: "of two, before" },
      { locked: true, orders: "of one, before" },
    ]);
  });

  test("is shown to a stamp that failed, a few times, and the call is not made again", async () => {
    stamps[0].answer = away;
    stamps[0].failsToRefresh = 2;
    await host.revoke(INVITE);
    await pass(60_000);
    expect([stamps[0].calls.length, stamps[0].refreshes]).toEqual([1, 3]);
    stamps[0].failsToRefresh = 99;
    await host.revoke(INVITE);
    await pass(60_000);
    expect([stamps[0].calls.length, stamps[0].refreshes]).toEqual([2, 7]);
  });

  test("is not shown any more after the end", async () => {
    stamps[0].answer = away;
    stamps[0].failsToRefresh = 99;
    await host.kick(PEER);
    await pass(0);
    end.abort();
    await pass(60_000);
    expect(stamps[0].refreshes).toBe(1);
  });

  test("is refused if both refuse it, and nothing is carried", async () => {
    for (const stamp of stamps) stamp.answer = refusal(403, "not_host");
    await expect(host.kick(PEER)).rejects.toMatchObject({ code: "not_host" });
    await pass(60_000);
    expect([carried, stamps[0].refreshes]).toEqual([[], 0]);
  });

  test("is refused 2 s after one has refused it and the other says nothing", async () => {
    stamps[0].answer = never;
    stamps[1].answer = refusal(403, "not_host");
    const refused = expect(host.kick(PEER)).rejects.toBeInstanceOf(HeliographError);
    await pass(2_000);
    await refused;
  });
});

describe("without a host token", () => {
  test("each stamp gets our peer token of it, or that of the other", async () => {
    host = hostWith();
    stamps[1].token = null;
    await host.kick(PEER);
    const tokens = stamps.map(({ calls }) => calls[0]?.token);
    expect(tokens).toEqual(["token of one", "token of one"]);
  });
});

describe("an invite", () => {
  const made = { invite: INVITE, expiresAt: 1, uses: 1 };

  test("is made by the best stamp alone", async () => {
    stamps[0].answer = () => made;
    expect(await host.invite({})).toEqual(made);
    expect(stamps[1].calls).toEqual([]);
  });

  test("is made by the next one if that is frozen", async () => {
    stamps[0].answer = never;
    stamps[1].answer = () => made;
    const invited = host.invite({ uses: 1 });
    await pass(1_000);
    expect(await invited).toEqual(made);
  });
});
