/** When a relay is asked for, by whom, and when it is renewed. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { Escalation, type Stage } from "../../src/peer/escalation.js";
import { within } from "../../src/timing/backoff.js";
import { Network } from "../../src/turn/network.js";
import { granted, Relay, renewalOf } from "../../src/turn/relay.js";
import { Relays } from "../../src/turn/relays.js";
import type { Admission, Description, TurnAnswer } from "../../src/wire/protocol.js";

const START = 1_795_290_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const TURN = { urls: "turn:turn.example.org", username: "u", credential: "c" };
const STUN = { urls: ["stun:stun.example.org"] };
const grant = (seconds = 600): TurnAnswer => ({
  granted: true,
  iceServers: [STUN, TURN],
  expiresAt: Date.now() + seconds * 1_000,
});
const refusal: TurnAnswer = { granted: false };

/** A memory that lives as long as the test. */
function store() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

describe("escalation", () => {
  function escalation() {
    const state = { stuck: true, tried: false, relayed: false, refuse: false };
    const log: [Stage, number][] = [];
    const it: Escalation = new Escalation({
      stuck: () => state.stuck,
      tried: () => state.tried,
      relayed: () => state.relayed,
      act: async (stage) => {
        log.push([stage, Date.now() - START]);
        if (state.refuse) it.refused();
        else state.tried = stage === "ours";
        state.relayed = !state.refuse;
      },
    });
    return { it, log, state };
  }

  test("a stall of 1.5 s gets our relay, 3 s more get theirs too, and then no more", async () => {
    const { it, log } = escalation();
    it.watch();
    await vi.advanceTimersByTimeAsync(1_600);
    it.watch(); // the restart has been answered
    await vi.advanceTimersByTimeAsync(3_000);
    it.watch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log).toEqual([
      ["ours", 1_500],
      ["both", 4_600],
    ]);
  });

  test("a path that is found in time costs nothing", async () => {
    const { it, log, state } = escalation();
    it.watch();
    await vi.advanceTimersByTimeAsync(1_400);
    it.reset();
    await vi.advanceTimersByTimeAsync(10_000);
    it.watch();
    state.stuck = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log).toEqual([]);
    expect(it.failed()).toBe(false);
  });

  test("a failure does not wait", () => {
    const { it, log } = escalation();
    it.watch();
    vi.advanceTimersByTime(100);
    expect(it.failed()).toBe(true);
    expect(log).toEqual([["ours", 100]]);
  });

  test("refused, theirs is asked for, and a failure is left to others", async () => {
    const { it, state } = escalation();
    state.refuse = true;
    it.watch();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(it.stage).toBe("both");
    expect(it.failed()).toBe(false);
    it.reset();
    expect(it.stage).toBe("direct");
  });

  test("a relay that is in play already has 3 s, and ours is not asked for twice", async () => {
    const { it, log, state } = escalation();
    state.tried = true;
    state.relayed = true;
    it.watch();
    await vi.advanceTimersByTimeAsync(2_900);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(log).toEqual([["both", 3_000]]);
  });
});

describe("relay", () => {
  function relay(...answers: (TurnAnswer | Error)[]) {
    const times: number[] = [];
    const it = new Relay(async () => {
      times.push(Date.now() - START);
      const answer = answers.shift() ?? grant();
      if (answer instanceof Error) throw answer;
      return answer;
    });
    return { it, times };
  }

  test("asked twice at once it is fetched once, and good until it expires", async () => {
    const { it, times } = relay();
    const [one, two] = await Promise.all([it.ask(), it.ask()]);
    expect(one).toBe(two);
    expect(one?.iceServers).toContainEqual(TURN);
    expect(times).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(61_000);
    expect([it.grant, it.fresh]).toEqual([one, null]);
    await vi.advanceTimersByTimeAsync(540_000);
    expect(it.grant).toBeNull();
  });

  test("a refusal is not questioned for 30 s", async () => {
    const { it, times } = relay(refusal);
    expect(await it.ask()).toBeNull();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(await it.ask()).toBeNull();
    expect(times).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await it.ask()).not.toBeNull();
  });

  test.each(["rate_limited", "unavailable", "backend_away"])(
    "%s is asked again, at most twice, after the pause it names",
    async (code) => {
      const error = new HeliographError(code, "", { status: 503, retryAfter: 2 });
      const { it, times } = relay(error, error, error);
      const asked = it.ask();
      await vi.advanceTimersByTimeAsync(20_000);
      expect(await asked).toBeNull();
      expect(times).toHaveLength(3);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(2_000);
      expect(await it.ask()).toBeNull();
    },
  );

  test.each([
    new HeliographError("not_member", ""),
    new HeliographError("rate_limited", "", { retryAfter: 60 }),
    new TypeError("a bug"),
  ])("%s is a refusal", async (error) => {
    const { it, times } = relay(error);
    expect(await it.ask()).toBeNull();
    expect(times).toHaveLength(1);
  });

  test("in use it is renewed at about 80 % of its life, again and again", async () => {
    const { it, times } = relay();
    await it.ask();
    const renewed = vi.fn();
    it.keep(renewed);
    await vi.advanceTimersByTimeAsync(467_000);
    expect(times).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(26_000);
    expect(times).toHaveLength(2);
    expect(renewed).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(493_000);
    expect(renewed).toHaveBeenCalledTimes(2);
    it.rest();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(renewed).toHaveBeenCalledTimes(2);
  });

  test("a renewal that is refused is tried again while there is time", async () => {
    const { it, times } = relay(grant(), refusal);
    await it.ask();
    const renewed = vi.fn();
    it.keep(renewed);
    await vi.advanceTimersByTimeAsync(495_000);
    expect([times.length, renewed.mock.calls.length]).toEqual([2, 0]);
    await vi.advanceTimersByTimeAsync(40_000);
    expect([times.length, renewed.mock.calls.length]).toEqual([3, 1]);
    it.close();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(times).toHaveLength(3);
  });

  test("a short life leaves 45 s, and a clock that is wrong no hurry", () => {
    const due = (seconds: number) =>
      (renewalOf(granted([], START + seconds * 1_000), () => 0.5) - START) / 1_000;
    expect([600, 240, 120, -900, 3_600].map(due)).toEqual([480, 192, 75, 75, 2_880]);
    expect(due(200)).toBe(155);
    expect(due(1e9)).toBe(69_120);
  });
});

describe("network", () => {
  test("it remembers ten minutes that a relay was needed, unless a direct path is found", () => {
    const memory = store();
    const [here, elsewhere] = ["/api", "https://app.example/api"].map(
      (backend) => new Network(backend, () => memory),
    );
    expect(here?.needsRelay).toBe(false);
    here?.relayed();
    expect([here?.needsRelay, elsewhere?.needsRelay]).toEqual([true, false]);
    vi.advanceTimersByTime(599_000);
    expect(here?.needsRelay).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(here?.needsRelay).toBe(false);
    here?.relayed();
    here?.direct();
    expect([here?.needsRelay, memory.kept.size]).toEqual([false, 0]);
  });

  test.each(["junk", "", `${START + 60_000}`])(
    "what somebody else wrote there, %j, is none",
    (v) => {
      const memory = store();
      memory.setItem("heliograph.relayed:/api", v);
      expect(new Network("/api", () => memory).needsRelay).toBe(false);
    },
  );

  test("storage that is closed to us is no memory", () => {
    const network = new Network("/api"); // there is no localStorage here
    network.relayed();
    network.direct();
    expect(network.needsRelay).toBe(false);
  });
});

describe("relays", () => {
  const offer = (candidate = ""): Description => ({
    pc: "p",
    sdp: "v=0",
    candidates: [{ candidate }],
  });
  const RELAYED = "candidate:1 1 udp 1 192.0.2.1 9 typ relay raddr 0.0.0.0 rport 0";

  function relays(admission: Partial<Admission>, rtc: RTCConfiguration = {}) {
    const network = new Network("/api", () => memory);
    const memory = store();
    const it = new Relays({ rtc, network, turn: async () => grant() });
    it.admitted({ iceServers: [STUN], turn: "late", ...admission } as Admission);
    return { it, network };
  }

  test("late: nobody waits for a relay, unless asked to bring one, or by experience", () => {
    const { it, network } = relays({});
    expect([it.patience(), it.patience(offer())]).toEqual([0, 0]);
    expect(it.patience({ ...offer(), relay: true })).toBe(3_000);
    network.relayed();
    expect([it.patience(), it.patience(offer()), it.patience(offer(RELAYED))]).toEqual([
      1_000, 1_000, 0,
    ]);
  });

  test("off, and with ICE servers of the application's own, never", () => {
    for (const { it, network } of [
      relays({ turn: "off" }),
      relays({}, { iceServers: [TURN] }),
      relays({ turn: "eager", turnExpiresAt: START + 600_000 }, { iceServers: [] }),
    ]) {
      network.relayed();
      expect([it.allowed, it.patience(), it.patience({ ...offer(), relay: true })]).toEqual([
        false,
        0,
        0,
      ]);
      expect(it.draw("p", true).grant).toBeNull();
    }
  });

  test("relay only: from the start, and it says nothing of the network", () => {
    const { it, network } = relays({}, { iceTransportPolicy: "relay" });
    expect([it.patience(), it.patience(offer(RELAYED))]).toEqual([3_000, 3_000]);
    it.found({ path: "relayed", ours: true });
    expect(network.needsRelay).toBe(false);
  });

  test("eager: the newcomer has its relay from the start, until it expires", () => {
    const eager = { turn: "eager" as const, iceServers: [STUN, TURN] };
    const { it } = relays({ ...eager, turnExpiresAt: START + 600_000 });
    const newcomer = it.draw("p", true);
    expect(it.configuration(newcomer.grant).iceServers).toEqual([STUN, TURN]);
    expect(it.configuration(it.draw("p", false).grant).iceServers).toEqual([STUN]);
    vi.advanceTimersByTime(600_000);
    expect(it.configuration(newcomer.grant).iceServers).toEqual([STUN]);
    expect(it.draw("p", true).grant).toBeNull();
  });

  test("servers without an end are used as they are", () => {
    const { it } = relays({ turn: "off", iceServers: [STUN, TURN] });
    expect(it.configuration(null).iceServers).toEqual([STUN, TURN]);
  });

  test("our relay in use is experience, theirs is none, and a direct path ends it", () => {
    const { it, network } = relays({});
    it.found({ path: "relayed", ours: false });
    expect(network.needsRelay).toBe(false);
    it.found({ path: "relayed", ours: true });
    expect(network.needsRelay).toBe(true);
    it.found({ path: "relayed", ours: false });
    expect(network.needsRelay).toBe(true);
    it.found({ path: "direct", ours: false });
    expect(network.needsRelay).toBe(false);
  });
});

test("what does not come in time is null, and leaves no timer", async () => {
  const late = within(1_000, new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await late).toBeNull();
  expect(await within(1_000, Promise.resolve(1))).toBe(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});
