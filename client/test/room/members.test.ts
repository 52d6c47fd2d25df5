/** Who is there, who is absent and who is gone: the table at the head of members.ts, on a virtual clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Reports } from "../../src/report/reports.js";
import { Members } from "../../src/room/members.js";
import { TurnAccess } from "../../src/turn/access.js";
import { TurnMemory } from "../../src/turn/memory.js";
import type { RoomEvents } from "../../src/types.js";
import { nextMoment, sequence } from "../../src/wire/ids.js";
import type { Admission, Description, Envelope, Listed, Message } from "../../src/wire/protocol.js";
import { CLOCKS } from "../clocks.js";
import { store } from "../turn/store.js";
import { installConnections, TestPeerConnection } from "./rtc.js";
import { NO_FILES, NO_MEDIA, Union } from "./union.js";

const SELF = "MMMMMMMMMMMMMMMM";
const A = "AAAAAAAAAAAAAAAA"; // we are the impolite one of this pair
const Z = "ZZZZZZZZZZZZZZZZ"; // and the polite one of this
const START = 1_795_290_000_000;
const PAGE = START * 1_000; // the seq of a page that begins now
const OFFER: Description = { pc: "theirs", sdp: "v=0 offer of theirs" };

type Name = keyof RoomEvents;

let members: Members;
let sent: Envelope[];
let events: { name: Name; value: RoomEvents[Name] }[];
let union: Union;
/** What we have sent to these is due again. */
let returned: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  installConnections();
  [sent, events, returned] = [[], [], []];
  visit = START;
  union = new Union(
    SELF,
    (envelope) => void sent.push(envelope),
    () => members,
  );
  members = new Members({
    self: SELF,
    turn: new TurnAccess({
      rtc: {},
      memory: new TurnMemory("/api", () => store()),
      fetch: async () => ({ granted: false }),
    }),
    reports: new Reports(null),
    signaling: union,
    files: NO_FILES,
    deliveries: (call) => {
      const nothing = () => {};
      const returns = (peer: string) => void returned.push(peer);
      call({ received: nothing, acked: nothing, left: nothing, returned: returns });
    },
    media: NO_MEDIA,
    emit: (name, value) => events.push({ name, value }),
    changed: () => {},
  });
});

afterEach(() => {
  members.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** When the page of the others began. */
let visit: number;
const member = (peer: string, more: Partial<Listed> = {}): Listed => ({
  ...{ peer, name: `name of ${peer[0]}`, role: "guest", visit, connected: true, asleep: false },
  ...more,
});
const admitAt = (stamp: number, ...peers: Listed[]) =>
  union.admitted({ iceServers: [], turn: "off", peers, tookMs: 5 } as unknown as Admission, stamp);
const admit = (...peers: Listed[]) => admitAt(0, ...peers);
const joined = (peer: string, stamp = 0) =>
  union.pushed({ target: "joined", ...member(peer) }, stamp);
const disconnected = (peer: string, stamp = 0) =>
  union.pushed({ target: "disconnected", peer, asleep: false }, stamp);
const left = (peer: string, reason: "left" | "kicked" | "expired", stamp = 0) =>
  union.pushed({ target: "left", peer, reason, visit }, stamp);
const signal = (
  from: string,
  seq: number,
  message: Message,
  target: "signal" | "message" = "signal",
) => union.pushed({ target, from, seq, message });
const text = (words: string): Message => ({ kind: "text", body: { text: words } });
const valuesOf = <K extends Name>(name: K) =>
  events.filter((event) => event.name === name).map(({ value }) => value as RoomEvents[K]);
const gone = () => valuesOf("peer-left").map(({ peer, reason }) => [peer.id, reason]);
const sentTo = (to: string | undefined) =>
  sent.filter((envelope) => envelope.to === to).map(({ kind }) => kind);
const connectionOf = (id: string) =>
  members.peers.get(id)?.connection as unknown as TestPeerConnection;

/** A member that is listed, and whose connection works. */
async function connected(id = A): Promise<void> {
  admit(member(id));
  await pass(100);
  connectionOf(id).connect();
  await pass(0);
  expect(members.peers.get(id)?.up).toBe(true);
}

/** A member that is listed, and whose connection does not work. */
async function unconnected(id = A): Promise<void> {
  admit(member(id));
  await pass(100);
}

describe("a member that we learn of", () => {
  test("by negotiate is announced with its name, and gets our offer", async () => {
    admit(member(A, { role: "host" }), member(Z));
    expect(valuesOf("peer-joined").map(({ peer }) => [peer.id, peer.name, peer.role])).toEqual([
      [A, "name of A", "host"],
      [Z, "name of Z", "guest"],
    ]);
    await pass(100);
    expect([sentTo(A), sentTo(Z)]).toEqual([["offer"], ["offer"]]);
  });

  test("by negotiate with an offer that it has parked gets our answer", async () => {
    admit(member(Z, { offer: { seq: PAGE, body: OFFER } }));
    await pass(100);
    expect(sentTo(Z)).toEqual(["answer"]);
  });

  test("because it joins is announced, and makes the offer itself", async () => {
    admit();
    joined(A);
    await pass(500);
    expect(valuesOf("peer-joined")).toHaveLength(1);
    expect(sentTo(A)).toEqual([]);
  });

  test("because it speaks is announced without a name, until we know it", async () => {
    admit();
    signal(A, PAGE, text("hello"));
    expect(valuesOf("peer-joined")[0]?.peer.name).toBe("");
    expect(valuesOf("text")[0]).toMatchObject({ text: "hello", via: "server", broadcast: false });
    joined(A);
    expect(members.peers.get(A)?.name).toBe("name of A");
    expect(valuesOf("peer-joined")).toHaveLength(1);
  });

  test("because it offers gets an answer", async () => {
    signal(Z, PAGE, { kind: "offer", body: OFFER });
    await pass(100);
    expect(sentTo(Z)).toEqual(["answer"]);
  });

  test("by candidates alone is not announced; they are used when its offer comes", async () => {
    const candidate = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host" };
    signal(Z, PAGE, { kind: "candidates", body: { pc: OFFER.pc, candidates: [candidate] } });
    expect(valuesOf("peer-joined")).toEqual([]);
    signal(Z, PAGE + 1, { kind: "offer", body: OFFER });
    await pass(100);
    expect(connectionOf(Z).candidates).toContainEqual(expect.objectContaining(candidate));
  });

  test("is announced once, however often we learn of it", async () => {
    await unconnected();
    joined(A);
    admit(member(A));
    signal(A, PAGE, text("hello"));
    expect(valuesOf("peer-joined")).toHaveLength(1);
    expect(members.peers.size).toBe(1);
  });

  test("is not we ourselves", async () => {
    joined(SELF);
    signal(SELF, PAGE, text("our own broadcast"), "message");
    disconnected(SELF);
    expect([members.peers.size, events.length]).toEqual([0, 0]);
  });
});

describe("a member that is disconnected", () => {
  test("stays as long as its connection works", async () => {
    await connected();
    disconnected(A);
    await pass(600_000);
    expect(gone()).toEqual([]);
    expect(members.peers.get(A)?.state).toBe("connected");
  });

  test("has 30 s to come back if its connection does not work", async () => {
    await unconnected();
    disconnected(A);
    await pass(29_999);
    expect(gone()).toEqual([]);
    await pass(1);
    expect(gone()).toEqual([[A, "expired"]]);
  });

  test("has 30 s from the moment at which its connection breaks", async () => {
    await connected();
    disconnected(A);
    await pass(60_000);
    connectionOf(A).disconnect();
    await pass(29_000);
    expect(gone()).toEqual([]);
    await pass(1_001);
    expect(gone()).toEqual([[A, "expired"]]);
  });

  test.each([
    ["joins", () => joined(A)],
    ["is listed", () => admit(member(A))],
  ])("and %s again in time is not absent any more", async (_, comeBack) => {
    await unconnected();
    disconnected(A);
    await pass(29_000);
    comeBack();
    await pass(120_000);
    expect(gone()).toEqual([]);
  });

  test("and connected again in time stays", async () => {
    await unconnected();
    disconnected(A);
    await pass(20_000);
    connectionOf(A).connect();
    await pass(60_000);
    expect(gone()).toEqual([]);
  });

  test("is no news if it is unknown", () => {
    disconnected(A);
    expect(events).toEqual([]);
  });
});

describe("a member whose seat has expired", () => {
  test.each([
    ["is told by a push", () => left(A, "expired")],
    ["is missing in the list", () => admit()],
  ])("as it %s, is gone at once if its connection does not work", async (_, expire) => {
    await unconnected();
    expire();
    expect(gone()).toEqual([[A, "expired"]]);
    expect(members.peers.size).toBe(0);
    joined(A);
    expect(members.peers.size).toBe(1);
  });

  test.each([
    ["is told by a push", () => left(A, "expired")],
    ["is missing in the list", () => admit()],
  ])("as it %s, stays while its connection works, and 30 s longer", async (_, expire) => {
    await connected();
    expire();
    await pass(300_000);
    expect(gone()).toEqual([]);
    connectionOf(A).disconnect();
    await pass(30_001);
    expect(gone()).toEqual([[A, "expired"]]);
  });
});

describe("a member at two stamps", () => {
  test("is not absent while one of them says that it is there", async () => {
    await unconnected();
    admitAt(1, member(A));
    disconnected(A, 0);
    left(A, "expired", 0);
    await pass(60_000);
    expect(gone()).toEqual([]);
    disconnected(A, 1);
    await pass(30_001);
    expect(gone()).toEqual([[A, "expired"]]);
  });

  test("is announced once, and its parked offer is answered once", async () => {
    const listed = member(Z, { offer: { seq: PAGE, body: OFFER } });
    admit(listed);
    await pass(100);
    admitAt(1, listed);
    await pass(100);
    expect(valuesOf("peer-joined")).toHaveLength(1);
    expect(sentTo(Z)).toEqual(["answer"]);
  });

  test("is not met by the offer that an older page of it has parked at the other", async () => {
    admit(member(A));
    await pass(100);
    const old = { visit: visit - 1, offer: { seq: PAGE - 9, body: OFFER } };
    admitAt(1, member(A, old));
    await pass(100);
    expect(sentTo(A)).toEqual(["offer"]);
  });

  test("gets again what it owes us when it comes to the second one, and no offer", async () => {
    await unconnected();
    admitAt(1);
    [sent.length, returned.length] = [0, 0];
    joined(A, 1);
    expect(returned).toEqual([A]);
    await pass(300);
    expect(sentTo(A)).toEqual([]);
    joined(A, 0);
    expect(returned).toEqual([A, A]);
  });

  test("gets nothing again when it is listed as before, or asleep", async () => {
    await unconnected();
    admitAt(1);
    returned.length = 0;
    admit(member(A));
    admitAt(1, member(A, { connected: false, asleep: true }));
    expect(returned).toEqual([]);
  });

  test("stays when all our sockets are gone", async () => {
    await unconnected();
    admitAt(1, member(A));
    union.closed(0);
    union.closed(1);
    await pass(120_000);
    expect(gone()).toEqual([]);
  });

  test("is gone as soon as one of them says that it left, also if the other lists it", async () => {
    await connected();
    admitAt(1, member(A));
    left(A, "left", 1);
    expect(gone()).toEqual([[A, "left"]]);
    admitAt(0, member(A));
    expect(members.peers.size).toBe(0);
  });
});

describe.each(["left", "kicked"] as const)("a member that is gone: %s", (reason) => {
  test("is told at once, and its connection is closed", async () => {
    await connected();
    const connection = connectionOf(A);
    left(A, reason);
    expect(gone()).toEqual([[A, reason]]);
    await pass(1_000);
    expect(connection.connectionState).toBe("closed");
  });

  test("is told once", async () => {
    await unconnected();
    left(A, reason);
    left(A, reason);
    disconnected(A);
    await pass(60_000);
    expect(gone()).toEqual([[A, reason]]);
  });

  test("is not met again by what was under way", async () => {
    await unconnected();
    signal(A, PAGE, text("one"));
    left(A, reason);
    signal(A, PAGE + 1, text("two"));
    expect(members.peers.size).toBe(0);
    expect(valuesOf("text")).toHaveLength(1);
  });
});

describe("a member that has left", () => {
  test("is met again by its next page", async () => {
    await unconnected();
    signal(A, PAGE, text("one"));
    left(A, "left");
    signal(A, PAGE + 5_000_000, text("three"));
    expect(valuesOf("text").map(({ text: words }) => words)).toEqual(["one", "three"]);
    expect([gone(), members.peers.size]).toEqual([[[A, "left"]], 1]);
  });

  test("and speaks through a stamp whose list we do not have, has 30 s to be told", async () => {
    await unconnected();
    left(A, "left");
    union.closed(0);
    signal(A, PAGE + 5_000_000, text("three"));
    await pass(29_000);
    expect(members.peers.size).toBe(1);
    await pass(1_001);
    expect(gone()).toEqual([
      [A, "left"],
      [A, "expired"],
    ]);
  });

  test("is heard again when a newer page of it joins, and not when an older one is told", async () => {
    await unconnected();
    signal(A, PAGE, text("one"));
    left(A, "left");
    joined(A);
    expect(members.peers.size).toBe(0);
    visit += 1;
    joined(A);
    signal(A, PAGE + 1, text("two"));
    expect(valuesOf("text")).toHaveLength(2);
    visit -= 1;
    left(A, "left");
    expect(members.peers.size).toBe(1);
  });
});

describe.each(CLOCKS)("a member whose clock is set %s between two loads of its page", (_, ms) => {
  /** Its page, with its own storage: `left` is the last that was heard of the one before. */
  function load(): { say(words: string): void } {
    visit = nextMoment();
    const nextSeq = sequence(visit);
    return { say: (words) => signal(A, nextSeq(), text(words)) };
  }

  beforeEach(() => vi.stubGlobal("localStorage", store()));

  test.each([0, 200])("is heard again after it left, %d ms later", async (later) => {
    const first = load();
    await unconnected();
    for (let n = 0; n < 2_000; n += 1) first.say(`${n}`);
    left(A, "left");
    vi.setSystemTime(START + ms + later);
    const second = load();
    joined(A);
    second.say("again");
    expect(members.peers.size).toBe(1);
    expect(valuesOf("text").at(-1)?.text).toBe("again");
    expect(valuesOf("text")).toHaveLength(2_001);
  });

  test("is another page when it has not left, and its offer counts", async () => {
    const offers = (seq: number) => signal(Z, seq, { kind: "offer", body: OFFER });
    load();
    await unconnected(Z);
    offers(visit * 1_000);
    await pass(100);
    vi.setSystemTime(START + ms);
    load();
    const before = sentTo(Z).length;
    joined(Z);
    offers(visit * 1_000);
    await pass(100);
    expect(sentTo(Z).slice(before)).toContain("answer");
  });
});

test("a member that was kicked does not come back, whatever another stamp says", async () => {
  await unconnected();
  admitAt(1, member(A));
  left(A, "kicked", 0);
  visit += 1;
  joined(A, 1);
  admitAt(1, member(A));
  signal(A, PAGE + 5_000_000, text("three"));
  expect([members.peers.size, valuesOf("text")]).toEqual([0, []]);
});

describe("what a member says", () => {
  test("through the servers comes once, whatever is repeated", async () => {
    await unconnected();
    for (const seq of [1, 2, 1, 2]) signal(A, PAGE + seq, text(`${seq}`));
    expect(valuesOf("text").map(({ text: words }) => words)).toEqual(["1", "2"]);
  });

  test("to everyone is said to be so", async () => {
    await unconnected();
    signal(A, PAGE, { kind: "data", body: { x: 1 } }, "message");
    expect(valuesOf("data")[0]).toMatchObject({ data: { x: 1 }, via: "server", broadcast: true });
  });

  test("in the channel comes peer to peer, and its copy through the servers not again", async () => {
    await connected();
    const envelope = { v: 1, seq: PAGE, kind: "text", body: { text: "hello" } };
    connectionOf(A).channel.receive(envelope);
    signal(A, PAGE, text("hello"), "message");
    expect(valuesOf("text")).toHaveLength(1);
    expect(valuesOf("text")[0]).toMatchObject({ via: "p2p", broadcast: true });
  });

  test("in the channel for us alone is no broadcast", async () => {
    await connected();
    const envelope = { v: 1, seq: PAGE, to: SELF, kind: "data", body: [1] };
    connectionOf(A).channel.receive(envelope);
    expect(valuesOf("data")[0]).toMatchObject({ data: [1], via: "p2p", broadcast: false });
  });

  test("in the channel that has another form is dropped", async () => {
    await connected();
    for (const junk of [null, { v: 2 }, { v: 1, seq: 1, kind: "wave", body: {} }]) {
      connectionOf(A).channel.receive(junk);
    }
    expect([valuesOf("text"), valuesOf("data"), gone()]).toEqual([[], [], []]);
  });

  test.each([
    [
      "in the channel",
      () => connectionOf(A).channel.receive({ v: 1, seq: PAGE, kind: "bye", body: {} }),
    ],
    ["through the servers", () => signal(A, PAGE, { kind: "bye", body: {} })],
  ])("as its bye %s means that it has left", async (_, bye) => {
    await connected();
    bye();
    expect(gone()).toEqual([[A, "left"]]);
  });
});

describe("a room without others", () => {
  test("gets one parked offer for the next newcomer", async () => {
    admit();
    await pass(5_000);
    expect(sentTo(undefined)).toEqual(["offer"]);
  });

  test("gets another one when the last member is gone", async () => {
    await unconnected();
    expect(sentTo(undefined)).toEqual([]);
    left(A, "left");
    await pass(5_000);
    expect(sentTo(undefined)).toEqual(["offer"]);
  });

  const hangsUp = (reason: string) =>
    connectionOf(A).channel.receive({ v: 1, seq: PAGE, kind: "bye", body: { reason } });

  test("gets it two seconds later if that one has hung up", async () => {
    await connected();
    hangsUp("left");
    expect([members.hungUp, members.peers.size]).toEqual([true, 0]);
    await pass(1_999);
    expect(sentTo(undefined)).toEqual([]);
    await pass(1_000);
    expect(sentTo(undefined)).toEqual(["offer"]);
  });

  test("gets it at once if the page of that one was unloaded", async () => {
    await connected();
    hangsUp("unloaded");
    expect(members.hungUp).toBe(false);
    await pass(1_000);
    expect(sentTo(undefined)).toEqual(["offer"]);
  });

  test("gets none if somebody comes meanwhile", async () => {
    await connected();
    hangsUp("left");
    await pass(1_000);
    joined(Z);
    expect(members.hungUp).toBe(false);
    await pass(5_000);
    expect(sentTo(undefined)).toEqual([]);
  });

  test("connects with whoever answers the parked offer, by the connection that made it", async () => {
    admit();
    await pass(5_000);
    const [offer] = sent;
    if (offer?.kind !== "offer") throw new Error("no offer was parked");
    const [parked] = TestPeerConnection.all;
    signal(A, PAGE, { kind: "answer", body: { pc: offer.body.pc, sdp: "v=0 answer" } });
    await pass(100);
    expect(members.peers.get(A)?.connection).toBe(parked);
    expect(parked?.remoteDescription).toMatchObject({ type: "answer" });
  });
});

describe("the end", () => {
  test("closes every connection, tells nobody, and leaves no timer", async () => {
    await connected();
    joined(Z);
    await pass(100);
    disconnected(Z);
    const before = events.length;
    members.close();
    await pass(1_000);
    expect(events).toHaveLength(before);
    expect(TestPeerConnection.all.every((c) => c.connectionState === "closed")).toBe(true);
    expect([members.peers.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  test("is said with a bye in every open channel", async () => {
    await connected();
    const { channel } = connectionOf(A);
    void members.bye({ v: 1, seq: PAGE, kind: "bye", body: { reason: "left" } });
    expect(channel.sent.map((line) => JSON.parse(line).kind)).toContain("bye");
  });

  test("is known to whoever closes the channel within half a second", async () => {
    await connected();
    joined(Z); // without a channel
    const bye: Envelope = { v: 1, seq: PAGE, kind: "bye", body: { reason: "left" } };
    const told = members.bye(bye);
    await pass(499);
    const { channel } = connectionOf(A);
    channel.close();
    channel.fire("close");
    expect(await told).toEqual([A]);
  });

  test("is not known to whoever does not", async () => {
    await connected();
    const told = members.bye({ v: 1, seq: PAGE, kind: "bye", body: { reason: "left" } });
    await pass(500);
    expect(await told).toEqual([]);
  });
});

test("whether any connection works is known", async () => {
  expect(members.anyUp).toBe(false);
  await connected();
  joined(Z);
  expect(members.anyUp).toBe(true);
  connectionOf(A).disconnect();
  expect(members.anyUp).toBe(false);
});

test("an absent member whose connection does not work is not waited for", async () => {
  await unconnected();
  disconnected(A);
  expect(members.waiting).toEqual([]);
});

describe("a connection that the application closes itself, of which it is told by no event,", () => {
  const isReplaced = async (before: TestPeerConnection) => {
    for (let ms = 0; ms < 12_000 && connectionOf(A) === before; ms += 100) await pass(100);
    return connectionOf(A) !== before;
  };

  test("is replaced, and until then nothing is said to be sent by it", async () => {
    await connected();
    const before = connectionOf(A);
    before.close();
    expect(members.peers.get(A)?.up).toBe(false);
    await pass(800);
    expect(members.peers.get(A)?.state).toBe("reconnecting");
    expect(await isReplaced(before)).toBe(true);
  });

  test.each([0, 10, 100, 3_000])("is replaced while it is set up, after %d ms", async (ms) => {
    admit(member(A));
    await pass(ms);
    const before = connectionOf(A);
    before.close();
    expect(await isReplaced(before)).toBe(true);
    await pass(100);
    expect(sentTo(A).at(-1)).toBe("offer");
  });
});
