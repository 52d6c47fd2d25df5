import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TurnAccess } from "../../src/turn/access.js";
import { TurnMemory } from "../../src/turn/memory.js";
import type { Admission, Description, TurnAnswer } from "../../src/wire/protocol.js";
import { store } from "./store.js";

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

describe("access to TURN", () => {
  const offer = (candidate = ""): Description => ({
    pc: "p",
    sdp: "v=0",
    candidates: [{ candidate }],
  });
  const RELAYED = "candidate:1 1 udp 1 192.0.2.1 9 typ relay raddr 0.0.0.0 rport 0";

  function access(admission: Partial<Admission>, rtc: RTCConfiguration = {}) {
    const storage = store();
    const memory = new TurnMemory("/api", () => storage);
    const it = new TurnAccess({ rtc, memory, fetch: async () => grant() });
    it.admitted({ iceServers: [STUN], turn: "late", ...admission } as Admission);
    return { it, memory };
  }

  test("late: nobody waits for a relay, unless asked to bring one, or by experience", () => {
    const { it, memory } = access({});
    expect([it.waitMs(), it.waitMs(offer())]).toEqual([0, 0]);
    expect(it.waitMs({ ...offer(), relay: true })).toBe(3_000);
    memory.rememberNeeded("udp");
    expect([it.waitMs(), it.waitMs(offer()), it.waitMs(offer(RELAYED))]).toEqual([1_000, 1_000, 0]);
  });

  test("off, and with ICE servers of the application's own, never", () => {
    for (const { it, memory } of [
      access({ turn: "off" }),
      access({}, { iceServers: [TURN] }),
      access({ turn: "eager", turnExpiresAt: START + 600_000 }, { iceServers: [] }),
    ]) {
      memory.rememberNeeded("udp");
      expect([it.allowed, it.waitMs(), it.waitMs({ ...offer(), relay: true })]).toEqual([
        false,
        0,
        0,
      ]);
      expect(it.createCredential("p", true).grant).toBeNull();
    }
  });

  test("relay only: from the start, and it says nothing of the network", () => {
    const { it, memory } = access({}, { iceTransportPolicy: "relay" });
    expect([it.waitMs(), it.waitMs(offer(RELAYED))]).toEqual([3_000, 3_000]);
    it.selected({ path: "relayed", ours: true, overTcp: false });
    expect(memory.turnNeeded).toBe(false);
  });

  test("eager: the newcomer has its relay from the start, until it expires", () => {
    const eager = { turn: "eager" as const, iceServers: [STUN, TURN] };
    const { it } = access({ ...eager, turnExpiresAt: START + 600_000 });
    const newcomer = it.createCredential("p", true);
    expect(it.configuration(newcomer.grant).iceServers).toEqual([STUN, TURN]);
    expect(it.configuration(it.createCredential("p", false).grant).iceServers).toEqual([STUN]);
    vi.advanceTimersByTime(600_000);
    expect(it.configuration(newcomer.grant).iceServers).toEqual([STUN]);
    expect(it.createCredential("p", true).grant).toBeNull();
  });

  test("servers without an end are used as they are", () => {
    const { it } = access({ turn: "off", iceServers: [STUN, TURN] });
    expect(it.configuration(null).iceServers).toEqual([STUN, TURN]);
  });

  test("our relay in use is experience, theirs is none, and a direct path ends it", () => {
    const { it, memory } = access({});
    it.selected({ path: "relayed", ours: false, overTcp: false });
    expect(memory.turnNeeded).toBe(false);
    it.selected({ path: "relayed", ours: true, overTcp: false });
    expect(memory.turnNeeded).toBe(true);
    it.selected({ path: "relayed", ours: false, overTcp: false });
    expect(memory.turnNeeded).toBe(true);
    it.selected({ path: "direct", ours: false, overTcp: false });
    expect(memory.turnNeeded).toBe(false);
  });

  test("where UDP is blocked, their relay is not enough: we bring ours in the answer", () => {
    const { it, memory } = access({});
    it.selected({ path: "relayed", ours: true, overTcp: true });
    expect([memory.turnNeeded, memory.udpBlocked]).toEqual([true, true]);
    expect([it.waitMs(), it.waitMs(offer()), it.waitMs(offer(RELAYED))]).toEqual([
      1_000, 1_000, 1_000,
    ]);
    it.selected({ path: "relayed", ours: true, overTcp: false });
    expect([memory.udpBlocked, it.waitMs(offer(RELAYED))]).toEqual([false, 0]);
  });
});
