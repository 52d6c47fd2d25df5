/** An offer that is made before anybody joins, and what becomes of it (docs/protocol.md §5). */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type JoinOptions, join, prepare, type Room } from "../../src/index.js";
import { Preparations } from "../../src/room/preparations.js";
import type { Envelope, Offer } from "../../src/wire/protocol.js";
import { Service, until } from "../loopback/service.js";
import { installPage } from "./fake-page.js";
import { installConnections, TestPeerConnection } from "./rtc.js";

const A = "BBBBBBBBBBBBBBBB";
const STUN = [{ urls: ["stun:stun.example:3478"] }];
const THEIRS: Offer = {
  seq: 7,
  body: { pc: "theirs", sdp: "v=0\r\na=ice-lite\r\na=setup:actpass\r\n" },
};
const MEMBER = {
  ...{ peer: A, name: "Ann", role: "guest" as const },
  ...{ visit: 1, connected: true, asleep: false },
};

let service: Service;
let page: EventTarget;
let rooms: Room[];

beforeEach(async () => {
  service = await Service.start();
  rooms = [];
  page = installPage();
  installConnections();
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {}, removeItem: () => {} });
  service.nextAnswers.set("/api/ice", [{ status: 200, body: { iceServers: STUN } }]);
});

afterEach(async () => {
  await Promise.all(rooms.map((room) => room.leave()));
  vi.useRealTimers();
  vi.unstubAllGlobals();
  await service.stop();
});

async function enter(options: Partial<JoinOptions> = {}): Promise<Room> {
  const room = await join({ backends: service.backend, room: "r", report: false, ...options });
  rooms.push(room);
  return room;
}

const ready = () => prepare({ backends: service.backend });
const all = (call = 0): Offer[] | undefined =>
  (service.pathsOf("/api/negotiate")[call]?.body as { offers?: Offer[] } | undefined)?.offers;
const brought = (call = 0): Offer | undefined => all(call)?.[0];
/** From now on negotiate says that the offer which was brought waits. */
function keepsOffer(): void {
  const usual = service.admissionNow.bind(service);
  service.admissionNow = () => {
    const offers = all(service.pathsOf("/api/negotiate").length - 1) ?? [];
    return { ...usual(), parked: offers.map(({ seq }) => seq) };
  };
}
/** From now on negotiate says that the first offer which was brought was sent to each of these. */
function sendsOurs(...members: (typeof MEMBER)[]): void {
  const usual = service.admissionNow.bind(service);
  service.admissionNow = () => {
    const offer = { ...THEIRS, answered: brought()?.seq ?? 0 };
    return { ...usual(), peers: members.map((member) => ({ ...member, offer })) };
  };
}
const prepared = () => TestPeerConnection.all[0] as TestPeerConnection;
const posted = () => service.pathsOf("/api/signal").map(({ body }) => body as Envelope);
const offered = () => [...posted(), ...service.invocations.map(({ envelope }) => envelope)];
/** Both the backend and whoever listens have had their turn. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 60));

describe("an offer that was prepared", () => {
  test("is described with the STUN servers of the backend, and goes along with the joining", async () => {
    await ready();
    expect(TestPeerConnection.all).toHaveLength(1);
    expect(prepared().getConfiguration()).toEqual({ iceServers: STUN });
    await enter();
    const offer = brought();
    expect(offer?.body).toMatchObject({ sdp: prepared().localDescription?.sdp, candidates: [] });
    expect(offer?.body.sdp).toMatch(/^v=0 .*\r\na=ice-lite\r\nm=application\r\n$/);
    expect(offer?.seq).toBeGreaterThan(0);
  });

  test("is the browser's own where the browser takes no other words", async () => {
    const set = TestPeerConnection.prototype.setLocalDescription;
    TestPeerConnection.prototype.setLocalDescription = function (description) {
      const isOdd = description?.sdp?.includes("ice-lite");
      return isOdd
        ? Promise.reject(new DOMException("", "InvalidModificationError"))
        : set.call(this);
    };
    try {
      await ready();
    } finally {
      TestPeerConnection.prototype.setLocalDescription = set;
    }
    await enter();
    expect(brought()?.body.sdp).toMatch(/^v=0 offer of [^\r]*$/);
  });

  test("has others beside it where more people are likely to come", async () => {
    await prepare({ backends: service.backend, people: 4 });
    await enter();
    expect(new Set(all()?.map(({ body }) => body.pc)).size).toBe(3);
    expect(new Set(all()?.map(({ seq }) => seq)).size).toBe(3);
    for (const people of [0, 99]) {
      service.nextAnswers.set("/api/ice", [{ status: 200, body: { iceServers: STUN } }]);
      await prepare({ backends: service.backend, people });
      await enter();
    }
    expect([all(1)?.length, all(2)?.length]).toEqual([1, 8]);
  });

  test("goes along once", async () => {
    await ready();
    await enter();
    await enter();
    expect([brought(0) === undefined, brought(1)]).toEqual([false, undefined]);
  });

  test("does not go along with a later negotiate of the same room", async () => {
    await ready();
    keepsOffer();
    const room = await enter();
    await until(() => room.state === "connected");
    service.dropSockets();
    page.dispatchEvent(new Event("online"));
    await until(() => service.pathsOf("/api/negotiate").length === 2);
    expect(brought(1)).toBeUndefined();
  });

  test.each([
    { what: "connections are configured by the application", rtc: { iceServers: [] } },
    { what: "the backend is another", backends: "https://other.example/api" },
  ])("stays where it is if $what", async ({ what: _, ...options }) => {
    await ready();
    const fetcher = (async (_url, init) => {
      return fetch(`${service.backend}/negotiate`, init);
    }) as typeof globalThis.fetch;
    await enter({ ...options, fetch: fetcher });
    expect(brought()).toBeUndefined();
    await enter();
    expect(brought(1)).toBeDefined();
  });

  test("is not made without the STUN servers, and joining works without it", async () => {
    service.nextAnswers.set("/api/ice", [{ status: 503, body: {} }]);
    await ready();
    expect(TestPeerConnection.all).toHaveLength(0);
    await enter();
    expect(brought()).toBeUndefined();
  });

  test("is closed if the joining is refused", async () => {
    await ready();
    service.refuseNext("/api/negotiate", 403, { code: "room_locked" });
    await expect(enter()).rejects.toMatchObject({ code: "room_locked" });
    expect(prepared().connectionState).toBe("closed");
  });

  test("is closed in place of a newer one, and after a minute and a half", async () => {
    vi.useFakeTimers();
    const preparations = new Preparations();
    await preparations.describe("one", STUN, 1);
    await preparations.describe("one", [], 1);
    const [older, newer] = TestPeerConnection.all;
    expect([older?.connectionState, newer?.connectionState]).toEqual(["closed", "new"]);
    await vi.advanceTimersByTimeAsync(90_001);
    expect(newer?.connectionState).toBe("closed");
    expect(preparations.take("one")).toEqual([]);
  });

  test("that was taken is left alone when its time is over", async () => {
    vi.useFakeTimers();
    const preparations = new Preparations();
    await preparations.describe("one", STUN, 1);
    expect(preparations.take("other")).toEqual([]);
    expect(preparations.take("one")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(prepared().connectionState).toBe("new");
  });
});

describe("a browser that refuses", () => {
  test("one ICE server offers with the others, and that is told in the room, once", async () => {
    TestPeerConnection.refused.add("stun:[:::]");
    const good = STUN.flatMap(({ urls }) => urls);
    const iceServers = [{ urls: ["stun:[:::]", ...good] }];
    service.nextAnswers.set("/api/ice", [{ status: 200, body: { iceServers } }]);
    service.admission = { iceServers };
    await prepare({ backends: service.backend, people: 3 });
    const room = await enter();
    const errors: string[] = [];
    room.on("error", ({ code }) => errors.push(code));
    expect(all()).toHaveLength(2);
    for (const connection of TestPeerConnection.all) {
      expect(connection.getConfiguration().iceServers).toEqual(good.map((urls) => ({ urls })));
    }
    await until(() => room.state === "connected" && errors.length > 0);
    await settled();
    expect(errors).toEqual(["ice_server_refused"]);
  });

  test("every connection prepares nothing, without a wait, and the joining brings none", async () => {
    TestPeerConnection.limit = 1;
    const since = performance.now();
    await prepare({ backends: service.backend, people: 5 });
    expect(performance.now() - since).toBeLessThan(1_000);
    await enter();
    expect(all()).toHaveLength(1);
  });
});

describe("an offer that waits in the room", () => {
  test("is parked no second time, and its answer connects", async () => {
    keepsOffer();
    await ready();
    const room = await enter();
    await until(() => room.state === "connected");
    await settled();
    expect([TestPeerConnection.all.length, offered()]).toEqual([1, []]);
    const body = { pc: brought()?.body.pc, sdp: "v=0 answer" };
    service.push("signal", { v: 1, from: A, seq: 9, kind: "answer", body });
    await until(() => prepared().signalingState === "stable");
    expect(room.peers.get(A)?.connection).toBe(prepared() as unknown);
  });

  test("leaves the others waiting when it is taken", async () => {
    keepsOffer();
    await prepare({ backends: service.backend, people: 3 });
    await enter();
    const [first, second] = TestPeerConnection.all;
    const answerFrom = (from: string, offer?: Offer) => {
      const body = { pc: offer?.body.pc, sdp: "v=0 answer" };
      service.push("signal", { v: 1, from, seq: 9, kind: "answer", body });
    };
    await until(() => service.openSockets === 1);
    await settled();
    answerFrom(A, all()?.[0]);
    await until(() => first?.signalingState === "stable");
    expect(second?.signalingState).toBe("have-local-offer");
    answerFrom("C".repeat(16), all()?.[1]);
    await until(() => second?.signalingState === "stable");
    expect([TestPeerConnection.all.length, offered()]).toEqual([2, []]);
  });

  test("is parked if the backend does not say that it waits", async () => {
    await ready();
    const room = await enter();
    await until(() => room.state === "connected" && offered().length > 0);
    expect(offered()).toMatchObject([{ kind: "offer" }]);
    expect(prepared().connectionState).toBe("closed"); // it was dropped, so it is a new one
  });
});

describe("two offers that a stamp has made a pair of", () => {
  const GREATER = "C".repeat(16); // than A

  /** We are listed the member's offer, which was sent ours. `self`: our own peer id. */
  async function listed(self: string): Promise<Room> {
    service.admission = { peer: self };
    sendsOurs(MEMBER);
    await ready();
    return enter();
  }

  /** We wait in the room, and the stamp says that a newcomer's offer is the other one. */
  async function pushed(self: string): Promise<Room> {
    service.admission = { peer: self };
    keepsOffer();
    await ready();
    const room = await enter();
    await until(() => room.state === "connected");
    push();
    return room;
  }

  /** What the stamp says to a member; `answered`: which of ours. See signaling/offers.py. */
  function push(theirs = THEIRS, answered = brought()): void {
    const { pc } = answered?.body ?? {};
    const isAnswer = String(service.admission.peer) < A;
    const sdp = theirs.body.sdp.replace("actpass", isAnswer ? "passive" : "actpass");
    const body = { ...theirs.body, sdp, ...(isAnswer ? { pc } : {}), answered: answered?.seq };
    const kind = isAnswer ? "answer" : "offer";
    service.push("signal", { v: 1, from: A, seq: theirs.seq, kind, body });
  }

  describe.each([
    ["listed, we are controlled", listed, ""],
    ["pushed, we are controlling", pushed, "a=ice-lite\r\n"],
  ])("and that is %s", (_, meet, lite) => {
    test("ours of the smaller id is the offer: theirs is its answer, passive", async () => {
      const room = await meet("A".repeat(16));
      await until(() => prepared().signalingState === "stable");
      expect(prepared().remoteDescription).toEqual({
        type: "answer",
        sdp: `v=0\r\n${lite}a=setup:passive\r\n`,
      });
      expect(room.peers.get(A)?.connection).toBe(prepared() as unknown);
      await settled();
      expect([TestPeerConnection.all.length, offered()]).toEqual([1, []]);
    });

    test("ours of the greater id is the answer: theirs is active", async () => {
      const room = await meet(GREATER);
      await until(() => prepared().signalingState === "stable");
      expect(prepared().remoteDescription).toEqual({
        type: "answer",
        sdp: `v=0\r\n${lite}a=setup:active\r\n`,
      });
      expect(room.peers.get(A)?.connection).toBe(prepared() as unknown);
      await settled();
      expect([TestPeerConnection.all.length, offered()]).toEqual([1, []]);
    });
  });

  test.each([
    { self: "A".repeat(16), kind: "offer" as const, pc: () => brought()?.body.pc },
    { self: GREATER, kind: "answer" as const, pc: () => THEIRS.body.pc },
  ])("and that was listed is told again as our $kind, because the push may be lost", async (it) => {
    const room = await listed(it.self);
    await until(() => offered().length > 0, 3_000);
    const body = { ...brought()?.body, pc: it.pc(), answered: THEIRS.seq };
    expect(offered()[0]).toEqual({ v: 1, to: A, seq: brought()?.seq, kind: it.kind, body });
    prepared().connect();
    expect([...room.peers.values()].map(({ state }) => state)).toEqual(["connected"]);
  });

  test("and that was pushed is not told: they know it", async () => {
    await pushed(GREATER);
    await until(() => prepared().signalingState === "stable");
    await new Promise((resolve) => setTimeout(resolve, 1_400));
    expect(offered()).toEqual([]);
  });

  test.each([["A".repeat(16)], [GREATER]])(
    "seen by two stamps in two orders are one: %s",
    async (self) => {
      const room = await listed(self);
      await until(() => prepared().signalingState === "stable" && room.state === "connected");
      push();
      await settled();
      expect([TestPeerConnection.all.length, offered()]).toEqual([1, []]);
      expect(room.peers.get(A)?.connection).toBe(prepared() as unknown);
    },
  );

  test("give way to a pair of higher seqs", async () => {
    service.admission = { peer: GREATER };
    const usual = service.admissionNow.bind(service);
    service.admissionNow = () => {
      const offer = { ...THEIRS, answered: Number(all()?.[0]?.seq) };
      return { ...usual(), peers: [{ ...MEMBER, offer }], parked: [Number(all()?.[1]?.seq)] };
    };
    await prepare({ backends: service.backend, people: 3 });
    const room = await enter();
    const [first, second] = TestPeerConnection.all;
    await until(() => first?.signalingState === "stable" && room.state === "connected");
    const theirs = { seq: 6, body: { ...THEIRS.body, pc: "other" } };
    push(theirs, all()?.[1]);
    await until(() => second?.signalingState === "stable");
    expect(room.peers.get(A)?.connection).toBe(second as unknown);
    expect([first?.connectionState, offered()]).toEqual(["closed", []]);
  });

  test("of which ours is in use are followed by another offer", async () => {
    const other = { ...MEMBER, peer: GREATER };
    sendsOurs(MEMBER, other);
    await ready();
    await enter();
    await until(() => offered().some(({ kind, to }) => kind === "offer" && to === other.peer));
    const fresh = offered().filter(({ to }) => to === other.peer);
    expect(fresh).toMatchObject([{ kind: "offer" }]);
    expect(fresh[0]?.body).not.toHaveProperty("answered");
  });

  test("do not disturb a connection that works", async () => {
    const room = await listed(GREATER);
    await until(() => prepared().signalingState === "stable" && room.state === "connected");
    prepared().connect();
    push({ seq: 99, body: { ...THEIRS.body, pc: "late" } });
    await settled();
    expect(room.peers.get(A)?.connection).toBe(prepared() as unknown);
    expect([TestPeerConnection.all.length, offered()]).toEqual([1, []]);
  });
});

describe("who finds nobody", () => {
  test("asks once what came meanwhile", async () => {
    const message = { v: 1, from: A, seq: 9, kind: "text", body: { text: "hi" } };
    const joined = { peer: A, name: "Ann", role: "guest", joinedAt: 1, visit: 1 };
    const pushes = [
      { target: "joined", argument: joined },
      { target: "signal", argument: message },
      { target: "of a later version", argument: {} },
    ];
    service.nextAnswers.set("/api/poll", [{ status: 200, body: { pushes } }]);
    service.accepts = false;
    const room = await enter();
    const heard: string[] = [];
    room.on("text", ({ from, text }) => heard.push(`${from.name}: ${text}`));
    await until(() => heard.length > 0);
    expect(heard).toEqual(["Ann: hi"]);
    expect(service.pathsOf("/api/poll")).toHaveLength(1);
    expect(service.pathsOf("/api/poll")[0]?.token).toBe("token-1");
  });

  test("does not mind if that fails, and does not ask when it comes back", async () => {
    service.refuseNext("/api/poll", 503, { code: "unavailable" });
    const room = await enter();
    await until(() => room.state === "connected");
    service.dropSockets();
    page.dispatchEvent(new Event("online"));
    await until(() => service.pathsOf("/api/negotiate").length === 2);
    await settled();
    expect(service.pathsOf("/api/poll")).toHaveLength(1);
  });

  test.each([
    { parked: [], asks: 0 },
    { parked: [1], asks: 1 },
  ])(
    "asks $asks times if somebody is there and of its offers $parked wait",
    async ({ parked, asks }) => {
      service.admission = { peers: [MEMBER], parked };
      const room = await enter();
      await until(() => room.state === "connected");
      expect(service.pathsOf("/api/poll")).toHaveLength(asks);
    },
  );
});
