/** Who asks for a relay, and when, with real connections; the relays themselves lead nowhere. */
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import { Pulse } from "../../src/peer/pulse.js";
import type { Envelope, TurnAnswer } from "../../src/wire/protocol.js";
import { Desk, relayOf } from "./desk.js";
import { bothUp, IMPOLITE, Pair, type PairOptions, POLITE, type Side, until } from "./pair.js";

let pair: Pair;
function meet(options: PairOptions): Pair {
  pair = new Pair(options);
  return pair;
}
afterEach(() => {
  pair?.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const refuse = (): TurnAnswer => ({ granted: false });
const never = () => new Promise<TurnAnswer>(() => {});
const late = () => ({ polite: new Desk("late"), impolite: new Desk("late") });

type Offer = Extract<Envelope, { kind: "offer" }>;
/** The distinct offers of a side, in order. */
function offersOf({ sent }: Side): Offer["body"][] {
  const offers = sent.filter((envelope) => envelope.kind === "offer");
  return [...new Map(offers.map((offer) => [offer.seq, offer.body])).values()];
}
const asksOf = ({ desk }: Side) => desk.asked.length;
const relaysOf = () => pair.sides.map(({ peer }) => relayOf(peer.connection));

test.each([[["offer", "wait"]], [["wait", "offer"]], [["offer", "offer"]]] as [
  PairOptions["starts"],
][])("a direct path costs no relay: %j", async (starts) => {
  meet({ starts, desks: late() });
  await bothUp(pair);
  await sleep(2_000);
  expect(pair.sides.map(asksOf)).toEqual([0, 0]);
  expect(pair.sides.flatMap(offersOf).some((body) => body.relay)).toBe(false);
});

test.each([[["offer", "wait"]], [["wait", "offer"]]] as [PairOptions["starts"]][])(
  "without one, the impolite asks, then the polite too: %j",
  async (starts) => {
    meet({ starts, desks: late(), blocked: true });
    const start = performance.now();
    await until(() => asksOf(pair.impolite) === 1);
    expect(performance.now() - start).toBeGreaterThan(1_400);
    expect(performance.now() - start).toBeLessThan(2_500);
    expect(pair.impolite.desk.asked[0]?.to).toBe(POLITE);
    const first = starts[1] === "offer" ? 1 : 0;
    await until(() => offersOf(pair.impolite).length === first + 1);
    expect(relaysOf()).toEqual([undefined, "1"]);
    expect(offersOf(pair.impolite).at(-1)?.relay).toBeUndefined();

    await until(() => asksOf(pair.polite) === 1);
    const [ours, theirs] = [pair.impolite.desk.asked[0], pair.polite.desk.asked[0]];
    expect((theirs?.at ?? 0) - (ours?.at ?? 0)).toBeGreaterThan(2_900);
    expect((theirs?.at ?? 0) - (ours?.at ?? 0)).toBeLessThan(4_500);
    expect(theirs?.to).toBe(IMPOLITE);
    expect(offersOf(pair.impolite).at(-1)).toMatchObject({ relay: true });
    await until(() => relaysOf()[0] === "1");
    expect(pair.polite.sent.some(({ kind }) => kind === "restart")).toBe(false);
    await sleep(2_000);
    expect(pair.sides.map(asksOf)).toEqual([1, 1]);
  },
);

test("a path that the restart finds needs no second relay", async () => {
  meet({ starts: ["offer", "wait"], desks: late(), blocked: true });
  await until(() => asksOf(pair.impolite) === 1);
  pair.blocked = false;
  await bothUp(pair);
  await sleep(3_200);
  expect(pair.sides.map(asksOf)).toEqual([0, 1]);
  expect(offersOf(pair.impolite)).toHaveLength(1);
});

test("the polite one's relay is there before it answers", async () => {
  meet({ starts: ["offer", "wait"], desks: late(), blocked: true });
  const answers = () => {
    const all = pair.polite.sent.filter(({ kind }) => kind === "answer");
    return new Set(all.map(({ seq }) => seq)).size;
  };
  let before = 0;
  pair.polite.desk.answer = async () => {
    await sleep(400);
    before = answers();
    pair.blocked = false;
    return pair.polite.desk.grant();
  };
  await bothUp(pair);
  expect(answers()).toBe(before + 1);
  expect(relaysOf()).toEqual(["1", "1"]);
});

test("a relay that does not come delays the answer by 3 s at most", async () => {
  meet({ starts: ["offer", "wait"], desks: late(), blocked: true });
  pair.polite.desk.answer = never;
  await until(() => asksOf(pair.polite) === 1);
  pair.blocked = false;
  const start = performance.now();
  await bothUp(pair);
  expect(performance.now() - start).toBeGreaterThan(2_500);
  expect(performance.now() - start).toBeLessThan(4_000);
});

test("refused, the impolite one asks the other to bring one at once, and asks no more", async () => {
  meet({ starts: ["offer", "wait"], desks: late(), blocked: true });
  pair.impolite.desk.answer = refuse;
  await until(() => asksOf(pair.polite) === 1);
  const [first, second] = [pair.impolite.desk.asked[0], pair.polite.desk.asked[0]];
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(1_000);
  expect(offersOf(pair.impolite)).toMatchObject([{ relay: true }]);
  pair.blocked = false;
  pair.impolite.peer.connection.restartIce();
  await bothUp(pair);
  expect(relaysOf()).toEqual(["1", undefined]);
  expect(asksOf(pair.impolite)).toBe(1);
});

test("both refused, the call goes on trying without", async () => {
  meet({ starts: ["offer", "wait"], desks: late(), blocked: true });
  for (const { desk } of pair.sides) desk.answer = refuse;
  await until(() => asksOf(pair.polite) === 1);
  pair.blocked = false;
  await bothUp(pair, 14_000);
  expect(pair.sides.map(asksOf)).toEqual([1, 1]);
});

test("a failure does not wait for a stall", async () => {
  meet({ starts: ["offer", "wait"], desks: late(), blocked: true });
  const { connection } = pair.impolite.peer;
  await until(() => connection.currentLocalDescription !== null);
  Object.defineProperty(connection, "connectionState", { value: "failed", configurable: true });
  connection.dispatchEvent(new Event("connectionstatechange"));
  expect(asksOf(pair.impolite)).toBe(1);
  await until(() => offersOf(pair.impolite).length === 1);
  expect(relaysOf()).toEqual([undefined, "1"]);
});

test("whoever is away gets no relay", async () => {
  meet({ starts: ["offer", "wait"], desks: late(), blocked: true });
  pair.impolite.peer.absent = true;
  await sleep(2_500);
  expect(pair.sides.map(asksOf)).toEqual([0, 0]);
});

test.each([
  ["off", () => new Desk("off")],
  ["ICE servers of the application's own", () => new Desk("late", { rtc: { iceServers: [] } })],
])("%s: nobody asks", async (_, desk) => {
  meet({
    starts: ["offer", "wait"],
    desks: { polite: desk(), impolite: desk() },
    blocked: true,
  });
  await sleep(2_500);
  expect(pair.sides.map(asksOf)).toEqual([0, 0]);
});

test("eager: the newcomer brings its relay, and nobody asks", async () => {
  const desks = { polite: new Desk("eager"), impolite: new Desk("eager", { waits: true }) };
  meet({ starts: ["offer", "wait"], desks });
  expect(relaysOf()).toEqual(["eager", undefined]);
  await bothUp(pair);
  expect(pair.sides.map(asksOf)).toEqual([0, 0]);
});

test("relay only: asked for before the first offer", async () => {
  const desk = new Desk("late", { rtc: { iceTransportPolicy: "relay" } });
  meet({ starts: ["offer", "wait"], desks: { polite: desk } });
  desk.answer = async () => {
    await sleep(1_500);
    return desk.grant();
  };
  await until(() => offersOf(pair.polite).length === 1);
  expect([asksOf(pair.polite), relaysOf()[0]]).toEqual([1, "1"]);
});

/** ms after which a side has asked. */
async function asked(side: Side): Promise<number> {
  const start = performance.now();
  await until(() => asksOf(side) === 1);
  return performance.now() - start;
}

test("experience: the impolite side brings a relay at once", async () => {
  const desks = { polite: new Desk("late"), impolite: new Desk("late").experienced() };
  meet({ starts: ["offer", "wait"], desks, blocked: true });
  expect(await asked(pair.impolite)).toBeLessThan(1_000);
  await until(() => relaysOf()[1] === "1");
  await until(() => offersOf(pair.impolite).length === 1);
  expect(offersOf(pair.impolite)).toMatchObject([{ network: "symmetric" }]);
  expect(asksOf(pair.polite)).toBe(0);
});

test.each([[["offer", "wait"]], [["wait", "offer"]]] as [PairOptions["starts"]][])(
  "experience: the polite side has its relay when the other one offers again: %j",
  async (starts) => {
    const desks = { polite: new Desk("late").experienced(), impolite: new Desk("late") };
    meet({ starts, desks, blocked: true });
    expect(await asked(pair.polite)).toBeLessThan(1_000);
    await until(() => relaysOf()[0] === "1");
    expect(offersOf(pair.impolite).at(-1)).toMatchObject({ relay: true });
    expect(asksOf(pair.impolite)).toBe(0);
  },
);

test("experience on both sides: the impolite one alone brings a relay", async () => {
  const desks = {
    polite: new Desk("late").experienced(),
    impolite: new Desk("late").experienced(),
  };
  meet({ starts: ["offer", "wait"], desks, blocked: true });
  expect(await asked(pair.impolite)).toBeLessThan(1_000);
  await sleep(500);
  expect(pair.sides.map(asksOf)).toEqual([0, 1]);
});

test("experience is forgotten when no relay was needed", async () => {
  const desk = new Desk("late").experienced();
  meet({ starts: ["offer", "wait"], desks: { impolite: desk } });
  await bothUp(pair);
  await until(() => desk.kept.size === 0);
});

describe("what their networks call for", () => {
  const { same, other, silent } = inject("stun");
  const NETWORKS = { open: same, symmetric: [same[0], other], "udp-blocked": [silent] };
  type Name = keyof typeof NETWORKS;
  const deskIn = (name: Name) => new Desk("late", { stun: NETWORKS[name] });
  const between = (polite: Name, impolite: Name, options: Partial<PairOptions> = {}) => {
    const desks = { polite: deskIn(polite), impolite: deskIn(impolite) };
    return meet({ starts: ["offer", "wait"], desks, blocked: true, ...options });
  };

  /** Who has asked, and how many ms after they began, when nobody else would ask for long. */
  async function whoAsks(): Promise<{ who: string; ms: number }> {
    const start = performance.now();
    await until(() => pair.sides.some((side) => asksOf(side) > 0));
    const ms = performance.now() - start;
    await sleep(300);
    return { who: pair.sides.map(asksOf).join(), ms };
  }

  test.each<[Name, Name, string, number]>([
    // polite, impolite, how often each asks, in ms at least
    ["udp-blocked", "open", "1,0", 450],
    ["open", "udp-blocked", "0,1", 450],
    ["symmetric", "open", "1,0", 100],
    ["open", "symmetric", "0,1", 100],
  ])("%s and %s: %s ask", async (polite, impolite, who, leastMs) => {
    between(polite, impolite);
    const asked = await whoAsks();
    expect(asked.who).toBe(who);
    expect(asked.ms).toBeGreaterThan(leastMs - 20);
    expect(asked.ms).toBeLessThan(1_300); // earlier than without a need
  });

  // Blocked UDP is known 500 ms after the gathering began, a symmetric router sooner.
  test.each<[Name, Name]>([
    ["udp-blocked", "udp-blocked"],
    ["udp-blocked", "symmetric"],
    ["symmetric", "udp-blocked"],
  ])("%s and %s: both, as soon as both are known", async (polite, impolite) => {
    between(polite, impolite);
    const start = performance.now();
    await until(() => relaysOf().every((relay) => relay === "1"));
    expect(performance.now() - start).toBeLessThan(1_450); // earlier than without a need
    await until(() => offersOf(pair.impolite).at(-1)?.network === impolite);
    expect(offersOf(pair.impolite).at(-1)?.relay).toBe(true);
    expect(pair.sides.map(asksOf)).toEqual([1, 1]);
  });

  test.each<[Name, Name]>([
    ["symmetric", "symmetric"],
    ["udp-blocked", "udp-blocked"],
    ["udp-blocked", "open"],
  ])("%s and %s that connect all the same: nobody asks", async (polite, impolite) => {
    between(polite, impolite, { blocked: false });
    await bothUp(pair);
    await sleep(900);
    expect(pair.sides.map(asksOf)).toEqual([0, 0]);
  });

  test("the new connection is another one, with another pc, and no restart of ICE", async () => {
    between("open", "symmetric");
    const before = pair.impolite.peer.connection;
    await until(() => relaysOf()[1] === "1" && offersOf(pair.impolite).length > 0);
    expect(pair.impolite.peer.connection).not.toBe(before);
    const [first] = offersOf(pair.polite);
    const offer = offersOf(pair.impolite).at(-1);
    expect(offer?.pc).not.toBe(first?.pc);
    expect(offer?.restart).toBeUndefined();
    expect(pair.kinds).not.toContain("restart");
  });

  test("the polite one tells of a network that it has learned late, and is asked for its relay", async () => {
    between("udp-blocked", "open");
    await until(() => relaysOf()[0] === "1");
    const told = pair.polite.sent.filter(({ kind }) => kind === "restart");
    expect(told).toMatchObject([{ body: { network: "udp-blocked" } }]);
    expect(offersOf(pair.impolite)).toMatchObject([{ relay: true }]);
  });

  test("a page that adds media is behind no other router for that", async () => {
    const onConnection = (connection: RTCPeerConnection) => {
      if (connection.getTransceivers().length === 0) connection.addTransceiver("audio");
    };
    between("open", "open", { onConnection });
    await sleep(1_200);
    expect(pair.sides.map(asksOf)).toEqual([0, 0]);
    expect(pair.sides.flatMap(offersOf).some(({ network }) => network)).toBe(false);
  });
});

/** The network between the two has no virtual clock, so nothing is heard in its seconds. */
function withoutPulse(): void {
  vi.spyOn(Pulse.prototype, "start").mockImplementation(() => {});
}

/** From now on the connection's statistics say that it goes through a relay. */
function pretend({ peer }: Side, local: string, remote: string): void {
  const pair = { id: "P", type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R" };
  const stats = [
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    pair,
    { id: "L", type: "local-candidate", candidateType: local },
    { id: "R", type: "remote-candidate", candidateType: remote },
  ];
  const report = new Map(stats.map((stat) => [stat.id, stat]));
  peer.connection.getStats = async () => report as unknown as RTCStatsReport;
}

function ufrag({ peer }: Side): string | undefined {
  const { currentLocalDescription } = peer.connection;
  return /a=ice-ufrag:(\S+)/.exec(currentLocalDescription?.sdp ?? "")?.[1];
}

test.each(["polite", "impolite"] as const)(
  "the relay that the %s one uses is remembered, and renewed before it expires",
  async (who) => {
    withoutPulse();
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const desks = { polite: new Desk("eager"), impolite: new Desk("eager") };
    meet({ starts: ["offer", "wait"], desks });
    const other = who === "polite" ? "impolite" : "polite";
    pretend(pair[who], "relay", "host");
    pretend(pair[other], "host", "relay");
    await bothUp(pair);
    await until(() => pair.sides.every(({ peer }) => peer.path === "relayed"));
    expect([pair[who].desk.kept.size, pair[other].desk.kept.size]).toEqual([1, 0]);
    const [before, states] = [ufrag(pair[who]), new Set<string>()];
    const { connection } = pair[who].peer;
    connection.addEventListener("connectionstatechange", () => {
      states.add(connection.connectionState);
    });
    const posted = pair.kinds.length;
    await vi.advanceTimersByTimeAsync(465_000);
    expect(pair.sides.map(asksOf)).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(30_000);
    await until(() => ufrag(pair[who]) !== before);
    expect([asksOf(pair[who]), asksOf(pair[other])]).toEqual([1, 0]);
    expect(relayOf(connection)).toBe("1");
    expect(pair[who].peer.connection).toBe(connection);
    await until(() => connection.signalingState === "stable");
    await sleep(100);
    expect([...states]).toEqual([]);
    expect(await pair.polite.peer.say({ v: 1, seq: 1, kind: "data", body: 1 })).toBe(true);
    expect(pair.kinds.length).toBe(posted);
    await vi.advanceTimersByTimeAsync(495_000);
    await until(() => asksOf(pair[who]) === 2);
  },
);

test("a relay that is not in use may expire", async () => {
  withoutPulse();
  vi.useFakeTimers({ shouldAdvanceTime: true });
  meet({ starts: ["offer", "wait"], desks: { polite: new Desk("eager") } });
  await bothUp(pair);
  await until(() => pair.polite.peer.path === "direct");
  await vi.advanceTimersByTimeAsync(700_000);
  expect(asksOf(pair.polite)).toBe(0);
});
