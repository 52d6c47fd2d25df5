/** Members that want too much, and a browser that refuses: what members.ts does then, on a virtual clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Reports } from "../../src/report/reports.js";
import { Members } from "../../src/room/members.js";
import { TurnAccess } from "../../src/turn/access.js";
import { TurnMemory } from "../../src/turn/memory.js";
import type { RoomEvents } from "../../src/types.js";
import type { Admission, Envelope, Listed, Message } from "../../src/wire/protocol.js";
import { store } from "../turn/store.js";
import { installConnections, TestPeerConnection } from "./rtc.js";
import { NO_FILES, NO_MEDIA, Union } from "./union.js";

const SELF = "MMMMMMMMMMMMMMMM";
const A = "AAAAAAAAAAAAAAAA"; // we are the impolite one of this pair
const Z = "ZZZZZZZZZZZZZZZZ"; // and the polite one of this
const START = 1_795_290_000_000;
const GOOD = "stun:good.example:3478";
const BAD = "stun:[:::]";
const MAX_PER_MINUTE = 10;

type Name = keyof RoomEvents;

let members: Members;
let union: Union;
let sent: Envelope[];
let events: { name: Name; value: RoomEvents[Name] }[];
let acknowledged: number[];
let iceServers: RTCIceServer[];
let seq: number;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  installConnections();
  [sent, events, acknowledged, iceServers] = [[], [], [], []];
  seq = START * 1_000;
  union = new Union(
    SELF,
    (envelope) => void sent.push(envelope),
    () => members,
  );
  const memory = new TurnMemory("/api", () => store());
  const nothing = () => {};
  const received = (_: string, each: number) => void acknowledged.push(each);
  members = new Members({
    self: SELF,
    turn: new TurnAccess({ rtc: {}, memory, fetch: async () => ({ granted: false }) }),
    reports: new Reports(null),
    signaling: union,
    files: NO_FILES,
    deliveries: (call) => call({ received, acked: nothing, left: nothing, returned: nothing }),
    media: NO_MEDIA,
    emit: (name, value) => events.push({ name, value }),
    changed: nothing,
  });
});

afterEach(() => {
  members.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const listed = (peer: string): Listed => ({
  ...{ peer, name: `name of ${peer[0]}`, role: "guest", visit: START },
  ...{ connected: true, asleep: false },
});
const admit = (...peers: Listed[]) =>
  union.admitted({ iceServers, turn: "off", peers, parked: [], tookMs: 5 } as unknown as Admission);
const joined = (peer: string) => union.pushed({ target: "joined", ...listed(peer) });
const say = (from: string, message: Message) =>
  union.pushed({ target: "signal", from, seq: ++seq, message });
const offer = (from: string, pc: string) =>
  say(from, { kind: "offer", body: { pc, sdp: `v=0 offer of ${pc}` } });
const valuesOf = <K extends Name>(name: K) =>
  events.filter((event) => event.name === name).map(({ value }) => value as RoomEvents[K]);
const made = () => TestPeerConnection.all.length;
const sentTo = (to: string) => sent.filter((one) => one.to === to).map(({ kind }) => kind);
const connectionOf = (id: string) =>
  members.peers.get(id)?.connection as unknown as TestPeerConnection;
/** As in a mass of members: 16 characters each. */
const stranger = (n: number) => `S${`${n}`.padStart(15, "0")}`;

describe("a member that names a new pair again and again", () => {
  test("gets a few connections, and another one when a minute is over", async () => {
    admit(listed(Z));
    for (let n = 0; n < 300; n += 1) {
      offer(Z, `pc-${n}`);
      await pass(100);
    }
    const before = made();
    expect(before).toBe(MAX_PER_MINUTE);
    await pass(60_000);
    sent = [];
    offer(Z, "after-all");
    await pass(100);
    expect(made()).toBe(before + 1);
    expect(sentTo(Z)).toEqual(["answer"]);
  });

  test("does not take the place of others", async () => {
    admit(listed(Z));
    for (let n = 0; n < 50; n += 1) offer(Z, `pc-${n}`);
    joined(A);
    offer(A, "of-a");
    await pass(100);
    expect(sentTo(A)).toContain("answer");
    expect(connectionOf(A).connectionState).toBe("new");
  });

  test("keeps the connection that it has", async () => {
    admit(listed(Z));
    for (let n = 0; n < MAX_PER_MINUTE; n += 1) {
      offer(Z, `pc-${n}`);
      await pass(10);
    }
    connectionOf(Z).connect();
    await pass(0);
    for (let n = 0; n < 50; n += 1) offer(Z, `more-${n}`);
    await pass(100);
    expect(members.peers.get(Z)?.up).toBe(true);
  });

  test("that says bye after each of them gets no more", async () => {
    admit();
    await pass(100);
    for (let n = 0; n < 300; n += 1) {
      offer(Z, `pc-${n}`);
      say(Z, { kind: "bye", body: { reason: "unloaded" } });
      seq += 200_000; // as another page of it would
      await pass(100);
    }
    // Each of its connections, and each time an offer that we park when it is gone.
    expect(made()).toBeLessThanOrEqual(1 + 2 * MAX_PER_MINUTE);
    expect(valuesOf("peer-joined")).toHaveLength(MAX_PER_MINUTE);
  });

  test("that comes back again and again is shown each time, and connected a few times", async () => {
    admit(listed(A));
    for (let n = 1; n <= 30; n += 1) {
      union.pushed({ target: "joined", ...listed(Z), visit: START + n });
      await pass(100);
      expect(members.peers.get(Z)?.state).toBe("connecting");
      union.pushed({ target: "left", peer: Z, reason: "left", visit: START + n });
    }
    expect(made()).toBe(1 + MAX_PER_MINUTE);
    await pass(60_000);
    union.pushed({ target: "joined", ...listed(Z), visit: START + 99 });
    expect(connectionOf(Z).connectionState).toBe("new");
  });

  test("by asking us to offer anew gets no more either", async () => {
    admit(listed(Z));
    joined(A); // the polite side may ask
    for (let n = 0; n < 1_200; n += 1) {
      say(A, { kind: "restart", body: { pc: `pc-${n}` } });
      await pass(100);
    }
    expect(made()).toBeLessThanOrEqual(1 + 2 * MAX_PER_MINUTE);
  });
});

describe("strangers", () => {
  test("are met until there are 64, and the next one when another is gone", async () => {
    admit();
    for (let n = 0; n < 300; n += 1) offer(stranger(n), "pc");
    await pass(100);
    expect(members.peers.size).toBe(64);
    expect(made()).toBeLessThanOrEqual(65);
    say(stranger(0), { kind: "bye", body: { reason: "left" } });
    offer(stranger(299), "pc");
    expect(members.peers.has(stranger(299))).toBe(true);
  });

  test("who are not met get no acknowledgement: what they say comes again", async () => {
    admit();
    for (let n = 0; n < 64; n += 1) offer(stranger(n), "pc");
    say(A, { kind: "text", body: { text: "hello" } });
    expect([valuesOf("text"), acknowledged]).toEqual([[], []]);
    joined(A); // a list names it
    union.pushed({
      target: "signal",
      from: A,
      seq,
      message: { kind: "text", body: { text: "hello" } },
    });
    expect(valuesOf("text")).toHaveLength(1);
    expect(acknowledged).toEqual([seq]);
  });
});

describe("a browser that makes no connection", () => {
  test("shows the newcomer, and connects it when there is a place again", async () => {
    admit(listed(A));
    await pass(100);
    TestPeerConnection.limit = made();
    joined(Z);
    offer(Z, "of-z");
    await pass(100);
    expect(valuesOf("peer-joined").map(({ peer }) => peer.id)).toEqual([A, Z]);
    expect(members.peers.get(Z)).toMatchObject({ state: "connecting", path: "server", up: false });
    expect(members.peers.get(Z)?.connection.connectionState).toBe("closed");
    expect(() => members.peers.get(Z)?.connection.addTransceiver("audio")).toThrow();
    TestPeerConnection.limit = Number.POSITIVE_INFINITY;
    await pass(2_000); // it sends the same offer again
    offer(Z, "of-z");
    await pass(100);
    expect(sentTo(Z)).toContain("answer");
    connectionOf(Z).connect();
    await pass(0);
    expect(members.peers.get(Z)?.up).toBe(true);
  });

  test("is asked again by the impolite side, which offers then", async () => {
    TestPeerConnection.limit = 0;
    admit(listed(A));
    await pass(4_000);
    expect(sentTo(A)).toEqual([]);
    TestPeerConnection.limit = Number.POSITIVE_INFINITY;
    await pass(7_000);
    expect(sentTo(A)).toContain("offer");
    expect(valuesOf("connection")).toHaveLength(1);
  });

  test("is asked a few times only, and then that is told", async () => {
    TestPeerConnection.limit = 0;
    admit(listed(A), listed(Z));
    await pass(600_000);
    // Each try is two calls: with the ICE servers and without. The polite side makes none by itself.
    expect(TestPeerConnection.asked).toBeLessThanOrEqual(2 * (2 + 6));
    expect(valuesOf("error").map(({ code }) => code)).toContain("connection_failed");
    expect(members.peers.get(A)?.state).toBe("failed");
    expect(valuesOf("connection")).toEqual([]); // there is nothing to add tracks to
  });

  test("is asked again for the offer that is to be parked, and not for ever", async () => {
    TestPeerConnection.limit = 0;
    admit();
    await pass(500);
    expect(sent).toEqual([]);
    TestPeerConnection.limit = Number.POSITIVE_INFINITY;
    await pass(5_000);
    expect(sent.map(({ kind }) => kind)).toEqual(["offer"]);
    members.close();
    TestPeerConnection.limit = made();
    const before = TestPeerConnection.asked;
    await pass(600_000);
    expect(TestPeerConnection.asked).toBe(before);
  });

  test("parks nothing after six more tries", async () => {
    TestPeerConnection.limit = 0;
    admit();
    await pass(3_600_000);
    expect(TestPeerConnection.asked).toBe(2 * 7);
  });
});

describe("an ICE server that the browser refuses", () => {
  beforeEach(() => {
    TestPeerConnection.refused.add(BAD);
  });

  test("is left out, the others stay, and that is told once", async () => {
    iceServers = [{ urls: [BAD, GOOD] }];
    admit(listed(A), listed(Z));
    await pass(100);
    for (const id of [A, Z]) {
      expect(connectionOf(id).getConfiguration().iceServers).toEqual([{ urls: GOOD }]);
    }
    expect(sentTo(A)).toEqual(["offer"]);
    const errors = valuesOf("error");
    expect(errors.map(({ code }) => code)).toEqual(["ice_server_refused"]);
    expect(errors[0]?.message).toContain(BAD);
  });

  test("is left out of the offer that is parked", async () => {
    iceServers = [{ urls: BAD }, { urls: GOOD }];
    admit();
    await pass(100);
    expect(sent.map(({ kind }) => kind)).toEqual(["offer"]);
    expect(TestPeerConnection.all[0]?.getConfiguration().iceServers).toEqual([{ urls: GOOD }]);
    expect(valuesOf("error").map(({ code }) => code)).toEqual(["ice_server_refused"]);
  });

  test("is told for each URL", async () => {
    TestPeerConnection.refused.add("turn:x:99999");
    iceServers = [{ urls: BAD }, { urls: "turn:x:99999", username: "u", credential: "c" }];
    admit(listed(A));
    joined(Z);
    await pass(100);
    expect(valuesOf("error")).toHaveLength(2);
    expect(connectionOf(A).getConfiguration().iceServers).toEqual([]);
    expect(sentTo(A)).toEqual(["offer"]);
  });
});
