import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TurnAccess } from "../../src/turn/access.js";
import { TurnMemory } from "../../src/turn/memory.js";
import type { Admission, Description, TurnAnswer } from "../../src/wire/protocol.js";
import { CLOCKS } from "../clocks.js";
import { store } from "./store.js";

const START = 1_795_290_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const TURN = { urls: "turn:turn.example.org", username: "u", credential: "c" };
const STUN = { urls: ["stun:stun.example.org"] };
const grant = (seconds = 600): TurnAnswer => ({
  granted: true,
  iceServers: [STUN, TURN],
  ttl: seconds,
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

  test("late: nobody waits for a relay, unless asked to bring one", () => {
    const { it, memory } = access({});
    memory.rememberNeeded("udp");
    expect([it.waitMs(), it.waitMs(offer()), it.waitMs(offer(RELAYED))]).toEqual([0, 0, 0]);
    expect(it.waitMs({ ...offer(), relay: true })).toBe(3_000);
  });

  test("off, and with ICE servers of the application's own, never", () => {
    for (const { it, memory } of [
      access({ turn: "off" }),
      access({}, { iceServers: [TURN] }),
      access({ turn: "eager", turnTtl: 600 }, { iceServers: [] }),
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

  test("what relays are meant to carry is what the newest answer says", () => {
    const { it } = access({ relayBytes: 187_500_000 });
    expect(it.relayBytes).toBe(187_500_000);
    it.admitted({ iceServers: [STUN], turn: "off" } as unknown as Admission);
    expect(it.relayBytes).toBeNull();
  });

  test("relay only: from the start, and it says nothing of the network", () => {
    const { it, memory } = access({}, { iceTransportPolicy: "relay" });
    expect([it.waitMs(), it.waitMs(offer(RELAYED))]).toEqual([3_000, 3_000]);
    it.selected({ path: "relayed", ours: true, overTcp: false });
    expect(memory.network).toBeNull();
  });

  test("eager: the newcomer has its relay from the start, until it expires", () => {
    const eager = { turn: "eager" as const, iceServers: [STUN, TURN] };
    const { it } = access({ ...eager, turnTtl: 600 });
    const newcomer = it.createCredential("p", true);
    expect(it.configuration(newcomer.grant, null).iceServers).toEqual([STUN, TURN]);
    expect(it.configuration(it.createCredential("p", false).grant, null).iceServers).toEqual([
      STUN,
    ]);
    vi.advanceTimersByTime(600_000);
    expect(it.configuration(newcomer.grant, null).iceServers).toEqual([STUN]);
    expect(it.createCredential("p", true).grant).toBeNull();
  });

  test.each(CLOCKS)(
    "eager: it counts from the call on, whatever the page's clock says: %s",
    (_, ms) => {
      vi.advanceTimersByTime(60_000);
      const eager = { turn: "eager" as const, iceServers: [STUN, TURN], turnTtl: 600 };
      const { it } = access({ ...eager, tookMs: 20_000 });
      const newcomer = it.createCredential("p", true);
      vi.setSystemTime(START + ms);
      vi.advanceTimersByTime(579_000);
      expect(it.configuration(newcomer.grant, null).iceServers).toEqual([STUN, TURN]);
      vi.advanceTimersByTime(1_000);
      expect(newcomer.grant).toBeNull();
    },
  );

  test("servers without an end are used as they are", () => {
    const { it } = access({ turn: "off", iceServers: [STUN, TURN] });
    expect(it.configuration(null, null).iceServers).toEqual([STUN, TURN]);
  });

  test("our relay in use is experience, theirs is none, and a direct path ends it", () => {
    const { it, memory } = access({});
    it.selected({ path: "relayed", ours: false, overTcp: false });
    expect(memory.network).toBeNull();
    it.selected({ path: "relayed", ours: true, overTcp: false });
    expect(memory.network).toBe("symmetric");
    it.selected({ path: "relayed", ours: false, overTcp: false });
    expect(memory.network).toBe("symmetric");
    it.selected({ path: "direct", ours: false, overTcp: false });
    expect(memory.network).toBeNull();
  });

  test("our network: what was found out, else what is remembered", () => {
    const { it, memory } = access({});
    expect([it.network(null), it.needsRelay]).toEqual([null, false]);
    memory.rememberNeeded("udpBlocked");
    expect([it.network(null), it.needsRelay]).toEqual(["udp-blocked", true]);
    expect([it.network("symmetric"), it.network("open")]).toEqual(["symmetric", null]);
  });

  test("the ways to a relay that a network lets through, or all if that is none", () => {
    const { it } = access({});
    const urls = ["turn:t:3478?transport=udp", "turn:t:80?transport=tcp", "turns:t:443", "turn:t"];
    const ways = (all: string[], network: "udp-blocked" | "symmetric" | null) => {
      const iceServers = [STUN, { urls: all, username: "u", credential: "c" }];
      const found = it.configuration({ iceServers, since: 0, until: 1 }, network).iceServers;
      return found?.flatMap((server) => server.urls);
    };
    const [stun] = STUN.urls;
    expect(ways(urls, null)).toEqual([stun, ...urls]);
    expect(ways(urls, "symmetric")).toEqual([stun, urls[0], urls[3]]);
    expect(ways(urls, "udp-blocked")).toEqual([stun, urls[1], urls[2]]);
    expect(ways(["turns:t:443"], "symmetric")).toEqual([stun, "turns:t:443"]);
    expect(ways(["turn:t"], "udp-blocked")).toEqual([stun, "turn:t"]);
  });
});
