/** The one timer of a connection: what it remembers, and when it acts. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Action } from "../../src/peer/connecting.js";
import { type LiveFacts, Recovery } from "../../src/peer/recovery.js";
import { CLOCKS } from "../clocks.js";

const START = 1_795_290_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const need = { relays: "none", certain: false } as const;
const turn = { allowed: true, relayed: false, fresh: false, need };

type Live = { -readonly [K in keyof LiveFacts]: LiveFacts[K] };

/** A connection whose facts the test sets, and what was done about it: [ms, action]. */
function connection(changes: Partial<Live> = {}) {
  const live: Live = {
    polite: false,
    absent: false,
    up: false,
    reached: false,
    broken: false,
    state: "new",
    silent: false,
    turn: { ...turn, allowed: false },
    ...changes,
  };
  const log: [number, string][] = [];
  const name = (action: Action) => (action.type === "escalate" ? action.stage : action.type);
  const recovery = new Recovery(
    { live: () => live, act: (action) => void log.push([performance.now(), name(action)]) },
    () => 0,
  );
  recovery.began();
  const become = (state: Live["state"], more: Partial<Live> = {}) => {
    Object.assign(live, { state, up: state === "connected", ...more });
    recovery.changed();
  };
  return { live, log, recovery, become };
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("a connection that does not come about", () => {
  test("is tried six times and then given up", async () => {
    const { log, recovery } = connection();
    await wait(300_000);
    expect(log).toEqual([
      [10_000, "restart"],
      [15_000, "restart"],
      [25_000, "replace"],
      [45_000, "replace"],
      [65_000, "replace"],
      [85_000, "replace"],
      [105_000, "giveUp"],
    ]);
    expect(recovery.exhausted).toBe(true);
  });

  test("is tried again from the start when there is news", async () => {
    const { log, recovery } = connection();
    await wait(300_000);
    log.length = 0;
    recovery.news();
    expect(recovery.exhausted).toBe(false);
    await wait(6_000);
    expect(log).toEqual([
      [300_000, "restart"],
      [305_000, "restart"],
    ]);
  });

  test("does not get more than one try by several failures", async () => {
    const { log, become } = connection();
    become("failed");
    become("connecting");
    become("failed");
    await wait(4_900);
    expect(log).toEqual([[0, "restart"]]);
  });

  test("has 10 s again after it was replaced", async () => {
    const { log, recovery } = connection();
    await wait(9_000);
    recovery.began();
    await wait(9_000);
    expect(log).toEqual([]);
    await wait(1_000);
    expect(log).toEqual([[19_000, "restart"]]);
  });
});

test.each(CLOCKS)("with the clock set %s at any moment it is tried as ever", async (_, ms) => {
  const { log, become } = connection();
  await wait(9_000);
  vi.setSystemTime(START + ms);
  await wait(4_000);
  vi.setSystemTime(START - ms);
  await wait(100_000);
  expect(log.map(([at]) => at)).toEqual([10_000, 15_000, 25_000, 45_000, 65_000, 85_000, 105_000]);
  become("connected", { reached: true });
  become("disconnected", { reached: true });
  vi.setSystemTime(START + 2 * ms);
  await wait(2_500);
  expect(log.at(-1)).toEqual([115_500, "restart"]);
});

describe("a connection that was up", () => {
  async function up(changes: Partial<Live> = {}) {
    const it = connection(changes);
    it.become("connected", { reached: true });
    await wait(60_000);
    expect(it.log).toEqual([]);
    return it;
  }

  test("is left alone while it is up", async () => {
    await up();
  });

  test("has 2.5 s to return by itself", async () => {
    const { log, become } = await up();
    become("disconnected");
    await wait(2_400);
    become("connected");
    await wait(60_000);
    expect(log).toEqual([]);
  });

  test("is restarted 2.5 s after it was lost", async () => {
    const { log, become } = await up();
    become("disconnected", { reached: false });
    await wait(3_000);
    expect(log).toEqual([[62_500, "restart"]]);
  });

  test("is restarted at once when it has failed, though it was disconnected before", async () => {
    const { log, become } = await up();
    become("disconnected");
    await wait(1_000);
    become("failed");
    await wait(1_000);
    expect(log).toEqual([[61_000, "restart"]]);
  });

  test("is replaced 1 s after its channel closed", async () => {
    const { log, become } = await up();
    become("connecting", { broken: true });
    await wait(1_100);
    expect(log).toEqual([[61_000, "replace"]]);
  });

  test("has 10 s if its state says nothing", async () => {
    const { log, become } = await up();
    become("connecting");
    await wait(11_000);
    expect(log).toEqual([[70_000, "restart"]]);
  });

  test("starts its tries anew after each success", async () => {
    const { log, become } = await up();
    become("failed");
    await wait(5_000);
    become("connected");
    become("failed");
    await wait(100);
    expect(log.map(([, what]) => what)).toEqual(["restart", "restart", "restart"]);
  });

  test("gets no TURN for a short disconnection", async () => {
    const { log, become, recovery } = await up({ turn });
    recovery.described();
    become("disconnected", { reached: false });
    await wait(2_400);
    expect(log).toEqual([]);
  });
});

describe("escalation", () => {
  test("ours after 1.5 s, theirs 3 s after the restart was answered, and then no more", async () => {
    const { log, live, recovery } = connection({ turn });
    recovery.described();
    await wait(1_600);
    live.turn = { ...turn, relayed: true, fresh: true };
    recovery.described();
    await wait(3_000);
    recovery.described();
    await wait(4_000);
    expect(log).toEqual([
      [1_500, "ours"],
      [4_600, "both"],
    ]);
    expect(recovery.stage).toBe("both");
  });

  test("a path that is found in time costs nothing", async () => {
    const { log, live, recovery, become } = connection({ turn });
    recovery.described();
    await wait(1_400);
    live.reached = true;
    become("connecting");
    await wait(8_000);
    become("connected");
    await wait(60_000);
    expect(log).toEqual([]);
    expect(recovery.stage).toBe("direct");
  });

  test("a failure does not wait for the 1.5 s, and a restart not for 5 s more", async () => {
    const { log, recovery, become } = connection({ turn });
    recovery.described();
    await wait(100);
    become("failed");
    await wait(5_100);
    expect(log).toEqual([
      [100, "ours"],
      [5_100, "restart"],
    ]);
  });

  test("TURN that comes into play late gives ICE its 3 s", async () => {
    const { log, live, recovery } = connection({ turn });
    recovery.described();
    await wait(1_000);
    live.turn = { ...turn, relayed: true };
    recovery.changed();
    await wait(1_900);
    expect(log).toEqual([]);
    await wait(200);
    expect(log).toEqual([[3_000, "ours"]]);
  });

  test("refused, theirs is asked for, and no more", async () => {
    const { log, recovery } = connection({ turn });
    recovery.described();
    await wait(1_500);
    await recovery.credentials(Promise.resolve(null));
    expect(recovery.stage).toBe("both");
    await wait(8_000);
    expect(log).toEqual([[1_500, "ours"]]);
  });

  test("a request for credentials that fails counts as refused, and trying goes on", async () => {
    const { log, recovery, become } = connection({ turn });
    recovery.described();
    await wait(1_500);
    await recovery.credentials(Promise.reject(new Error("no answer")));
    expect(recovery.stage).toBe("both");
    expect(recovery.facts.asking).toBe(false);
    become("failed");
    await wait(6_000);
    expect(log).toEqual([
      [1_500, "ours"],
      [6_500, "restart"],
    ]);
  });

  test("nothing more is asked for while credentials are on their way", async () => {
    const { log, recovery, become } = connection({ turn });
    recovery.described();
    await wait(1_500);
    const asking = recovery.credentials(new Promise((resolve) => setTimeout(resolve, 4_000, {})));
    await wait(100);
    become("failed");
    await wait(3_800);
    expect(log).toEqual([[1_500, "ours"]]);
    await wait(200);
    await asking;
    expect(log).toEqual([[1_500, "ours"]]);
    await wait(1_000);
    expect(log.at(-1)).toEqual([6_600, "restart"]);
  });

  test("news take it back to the start", async () => {
    const { recovery } = connection({ turn });
    recovery.described();
    await wait(1_500);
    expect(recovery.stage).toBe("ours");
    recovery.news();
    expect(recovery.stage).toBe("direct");
  });
});

describe("whether a connection is stale", () => {
  test("not while it is new, nor while it is up", async () => {
    const { recovery, become } = connection();
    await wait(2_500);
    expect(recovery.stale).toBe(false);
    await wait(1);
    expect(recovery.stale).toBe(true);
    become("connected");
    expect(recovery.stale).toBe(false);
  });

  test("at once when an old one is lost", async () => {
    const { recovery, become } = connection();
    become("connected");
    await wait(60_000);
    become("disconnected");
    expect(recovery.stale).toBe(true);
  });

  test("not right after it was replaced", async () => {
    const { recovery } = connection();
    await wait(60_000);
    recovery.began();
    expect(recovery.stale).toBe(false);
  });
});

test("it does nothing after its end", async () => {
  const { log, recovery, become } = connection();
  recovery.end();
  become("failed");
  await wait(300_000);
  expect(log).toEqual([]);
});

test("jitter puts a try off by up to a fifth of its pause", async () => {
  const times: number[] = [];
  const live: LiveFacts = {
    polite: true,
    absent: false,
    up: false,
    reached: false,
    broken: false,
    state: "new",
    silent: false,
    turn: { ...turn, allowed: false },
  };
  const act = () => void times.push(performance.now());
  const recovery = new Recovery({ live: () => live, act }, () => 1);
  recovery.began();
  await wait(40_000);
  expect(times).toEqual([10_000, 16_000, 28_000]);
});
