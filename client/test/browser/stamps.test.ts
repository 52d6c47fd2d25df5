/** Rooms over two stamps that die, freeze and come back, with real connections between the members. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createRoom, type JoinOptions, join, type Room } from "../../src/index.js";
import { Backend, install } from "./backend.js";
import { hearFromNow } from "./hear.js";
import { until } from "./pair.js";

const CREATED = "~AAECAwQFBgcICQoLDA0OD"; // and the home number
const AT_FIRST = `${CREATED}A`; // home 0
const AT_SECOND = `${CREATED}B`; // home 1
const SLOWER_MS = 400; // a join with one stamp away, beside one with both

let first: Backend;
let second: Backend;
let both: Backend[];
let uninstall: () => void;
let tests = 0;
let rooms: Room[];

beforeEach(() => {
  // Their numbers are the order of their URLs.
  tests += 1; // what is late in one test reaches none of the next
  first = new Backend(`https://stamp-1.test-${tests}.example`);
  second = new Backend(`https://stamp-2.test-${tests}.example`);
  both = [first, second];
  uninstall = install(...both);
  rooms = [];
});
afterEach(async () => {
  for (const stamp of both) stamp.comeBack();
  await Promise.all(rooms.map((room) => room.leave()));
  uninstall();
});

async function enter(options: Partial<JoinOptions> = {}): Promise<Room> {
  const backends = [second.backend, first.backend]; // in whatever order
  const room = await join({ backends, room: "r", report: false, ...options });
  rooms.push(room);
  return room;
}

const peerOf = (room: Room) => [...room.peers.values()][0];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const seatsOf = (room: Room) => both.map(({ seats }) => seats.has(room.self.id));
const atBoth = (room: Room) =>
  until(() => both.every(({ seats }) => seats.get(room.self.id)?.socket));
const met = (...all: Room[]) =>
  until(() => all.every((room) => peerOf(room)?.state === "connected"));
const parked = (room: Room, stamps = both) =>
  until(() => stamps.every(({ seats }) => seats.get(room.self.id)?.offer));

async function timed<T>(task: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  return [await task(), performance.now() - start];
}

/** Their connection breaks, and no other comes about: what they say goes through the servers. */
async function disconnect(a: Room, b: Room): Promise<void> {
  for (const stamp of both) stamp.losesNegotiation = true;
  for (const room of [a, b]) peerOf(room)?.connection.close();
  await until(() => [a, b].every((room) => peerOf(room)?.state === "reconnecting"));
}

/** Two rooms whose members have met, each at both stamps. */
async function pairOfRooms(room = "r"): Promise<[Room, Room]> {
  const a = await enter({ room, name: "Ann" });
  await Promise.all([atBoth(a), parked(a)]);
  const b = await enter({ room, name: "Bob" });
  await met(a, b);
  await atBoth(b);
  return [a, b];
}

describe("joining", () => {
  test("is one seat at each stamp, and the members meet once", async () => {
    const [a, b] = await pairOfRooms();
    expect([seatsOf(a), seatsOf(b)]).toEqual([
      [true, true],
      [true, true],
    ]);
    expect([a.peers.size, b.peers.size]).toEqual([1, 1]);
    const answers = both.flatMap(({ envelopes }) =>
      envelopes.filter(({ kind }) => kind === "answer"),
    );
    expect(answers).toHaveLength(1);
  });

  test.each([
    ["an open room", "r", "dead"],
    ["an open room", "r", "frozen"],
    ["a room at home at the one that works", AT_SECOND, "dead"],
    ["a room at home at the one that works", AT_SECOND, "frozen"],
    ["a room at home at the other", AT_FIRST, "dead"],
    ["a room at home at the other", AT_FIRST, "frozen"],
  ] as const)("%s (%s) takes 400 ms more at most while a stamp is %s", async (_, room, health) => {
    const [, well] = await timed(() => enter({ room }));
    first.health = health;
    const [joined, away] = await timed(() => enter({ room }));
    expect(away - well).toBeLessThanOrEqual(SLOWER_MS);
    await until(() => joined.state === "connected");
    expect(second.seats.has(joined.self.id)).toBe(true);
  });

  test("takes the seat at a stamp that comes back", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.1);
    first.die();
    const a = await enter();
    const states = hearFromNow(a, "state");
    await until(() => a.state === "connected");
    first.comeBack();
    await atBoth(a);
    expect(states.map(({ state }) => state)).toEqual(["connected"]);
    vi.restoreAllMocks();
  });

  test("a created room asks home, and the other when home has answered", async () => {
    await enter({ room: AT_FIRST });
    await until(() => second.seats.size === 1);
    expect(first.calls[0]).toBe("/negotiate");
  });

  test("refused by home, it is refused, and nobody else is asked", async () => {
    first.capacity = 0;
    await expect(enter({ room: AT_FIRST })).rejects.toMatchObject({ code: "room_full" });
    await sleep(500);
    expect(second.calls).toEqual([]);
  });

  test("refused by home after the other has admitted us, the room closes and the seat is left", async () => {
    first.freeze();
    first.capacity = 0;
    const a = await enter({ room: AT_FIRST });
    const closed = hearFromNow(a, "closed");
    expect(second.seats.size).toBe(1);
    first.comeBack();
    await until(() => closed.length === 1);
    expect(closed[0]?.code).toBe("room_full");
    await until(() => second.seats.size === 0);
  });

  test("refused by the other alone, we stay where we are", async () => {
    second.capacity = 0;
    const a = await enter({ room: AT_FIRST });
    await until(() => a.state === "connected");
    await sleep(300);
    expect([a.state, first.seats.size]).toEqual(["connected", 1]);
  });

  test("refused while home is away, it is refused within 3 s", async () => {
    first.freeze();
    second.capacity = 0;
    const [, ms] = await timed(() =>
      expect(enter({ room: AT_FIRST })).rejects.toMatchObject({ code: "room_full" }),
    );
    expect(ms).toBeLessThan(3_000);
    first.comeBack();
    await until(() => first.calls.includes("/leave"));
    expect(first.seats.size).toBe(0);
  });

  test("aborted, it leaves no seat anywhere, also where it is given later", async () => {
    const controller = new AbortController();
    second.freeze();
    const joining = enter({ signal: controller.signal });
    controller.abort();
    await expect(joining).rejects.toMatchObject({ code: "aborted" });
    second.comeBack();
    await until(() => both.every(({ calls }) => calls.includes("/leave")));
    expect(both.map(({ seats }) => seats.size)).toEqual([0, 0]);
  });

  test("while both are away it fails, and says so", async () => {
    for (const stamp of both) stamp.die();
    await expect(enter()).rejects.toMatchObject({ code: "backend_away" });
  });
});

describe("a stamp that dies in a call", () => {
  test.each([
    ["the first", "dies", () => first.die()],
    ["the second", "dies", () => second.die()],
    ["the first", "freezes", () => first.freeze()],
    ["the second", "freezes", () => second.freeze()],
  ])("(%s %s): the next signal takes 1.5 s at most, and nobody notices", async (_, __, end) => {
    const [a, b] = await pairOfRooms();
    const noticed = [a, b].flatMap((room) => [
      hearFromNow(room, "state"),
      hearFromNow(room, "peer-left"),
    ]);
    const updates = hearFromNow(a, "peer-updated");
    const connection = peerOf(a)?.connection;
    const joined = hearFromNow(a, "peer-joined");
    end();
    const [c, ms] = await timed(async () => {
      const room = await enter({ name: "Cid" });
      await until(() => joined.length === 1);
      return room;
    });
    expect(ms).toBeLessThanOrEqual(1_500);
    await until(() => [...c.peers.values()].every(({ state }) => state === "connected"));
    expect(await a.sendText("still here", b.self.id)).toBe("p2p");
    expect(peerOf(a)?.connection).toBe(connection);
    expect(noticed).toEqual([[], [], [], []]);
    const states = updates
      .filter(({ peer }) => peer.id === b.self.id)
      .map(({ peer }) => peer.state);
    expect(states).not.toContain("reconnecting");
  });

  test.each(["dies", "freezes"])(
    "and %s: a text through the servers arrives within 1.5 s, once",
    async (what) => {
      const [a, b] = await pairOfRooms();
      await disconnect(a, b);
      for (const stamp of both) {
        const texts = hearFromNow(b, "text");
        if (what === "dies") stamp.die();
        else stamp.freeze();
        const [via, ms] = await timed(() => a.sendText(`hello ${stamp.origin}`));
        await until(() => texts.length === 1);
        expect(via).toBe("server");
        expect(ms).toBeLessThanOrEqual(1_500);
        await sleep(300);
        expect(texts).toHaveLength(1);
        stamp.comeBack();
        await Promise.all([atBoth(a), atBoth(b)]);
      }
    },
    30_000,
  );

  test("and comes back gets our seats again, while the call goes on", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.1);
    const [a, b] = await pairOfRooms();
    for (const stamp of both) {
      stamp.die();
      await sleep(50);
      stamp.comeBack();
      await Promise.all([atBoth(a), atBoth(b)]);
    }
    expect([a.state, b.state, peerOf(a)?.state]).toEqual(["connected", "connected", "connected"]);
    vi.restoreAllMocks();
  });

  test("both of them: reconnecting, and the call goes on; back again, connected", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.1);
    const [a, b] = await pairOfRooms();
    const states = hearFromNow(a, "state");
    const left = hearFromNow(a, "peer-left");
    for (const stamp of both) stamp.die();
    await until(() => a.state === "reconnecting");
    expect(await a.sendText("still here")).toBe("p2p");
    for (const stamp of both) stamp.comeBack();
    await Promise.all([atBoth(a), atBoth(b)]);
    expect(states.map(({ state }) => state)).toEqual(["reconnecting", "connected"]);
    expect(left).toEqual([]);
    vi.restoreAllMocks();
  });

  test("while the other has refused us for good, the call goes on, and gets its seat again", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.1);
    const [a, b] = await pairOfRooms();
    const closed = hearFromNow(a, "closed");
    first.refusals.set("/negotiate", [{ status: 409, code: "room_full" }]);
    first.seats.get(a.self.id)?.socket?.end();
    await until(() => first.refusals.get("/negotiate")?.length === 0);
    expect(a.state).toBe("connected");
    second.die();
    await until(() => a.state === "reconnecting");
    expect(await a.sendText("still here", b.self.id)).toBe("p2p");
    second.comeBack();
    await until(() => a.state === "connected");
    expect(closed).toEqual([]);
    vi.restoreAllMocks();
  });

  test.each([
    ["the first", () => first],
    ["the second", () => second],
  ])("%s: whoever reloads is met again within 3 s", async (_, away) => {
    const [a, b] = await pairOfRooms();
    const left = hearFromNow(b, "peer-left");
    const before = peerOf(b)?.connection;
    away().die();
    const [again, ms] = await timed(async () => {
      const room = await enter({ secret: a.secret, name: "Ann" });
      await until(() => peerOf(b)?.connection !== before && peerOf(b)?.state === "connected");
      await met(room);
      return room;
    });
    expect(again.self.id).toBe(a.self.id);
    expect(ms).toBeLessThanOrEqual(3_000);
    expect([b.peers.size, left]).toEqual([1, []]);
  });
});

describe("an offer that waits", () => {
  test("is answered through whichever stamp the newcomer finds", async () => {
    const a = await enter();
    await parked(a);
    const offers = both.map(({ seats }) => seats.get(a.self.id)?.offer);
    expect(offers[0]).toEqual(offers[1]);
    first.die();
    const b = await enter();
    await met(a, b);
    expect(second.envelopes.filter(({ kind }) => kind === "answer")).toHaveLength(1);
  });

  test("is the same one at a stamp that comes later", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.1);
    first.die();
    const a = await enter();
    await parked(a, [second]);
    first.comeBack();
    await parked(a, [first]);
    const offers = both.map(({ seats }) => seats.get(a.self.id)?.offer);
    expect(offers[0]).toEqual(offers[1]);
    vi.restoreAllMocks();
  });
});

describe("a message", () => {
  test("to everyone reaches members who are at different stamps", async () => {
    const a = await enter();
    await atBoth(a);
    second.socketsAway = true;
    const b = await enter();
    second.socketsAway = false;
    first.socketsAway = true;
    const c = await enter();
    await until(() => a.peers.size === 2);
    const heard = [b, c].map((room) => hearFromNow(room, "text"));
    for (const peer of a.peers.values()) peer.connection.close();
    await a.sendText("to all of you");
    await until(() => heard.every((texts) => texts.length === 1));
  });

  test("that a stamp took and lost comes by the other, once", async () => {
    const [a, b] = await pairOfRooms();
    await disconnect(a, b);
    const texts = hearFromNow(b, "text");
    for (const stamp of both) stamp.loses = 1;
    expect(await a.sendText("hello", b.self.id)).toBe("server");
    await until(() => texts.length === 1, 5_000);
    await sleep(2_500);
    expect(texts).toHaveLength(1);
    const sent = both.map(
      ({ envelopes }) => envelopes.filter(({ kind }) => kind === "text").length,
    );
    expect(sent[0]).toBeGreaterThan(0);
    expect(sent[1]).toBeGreaterThan(0);
  });

  test("that was acknowledged is not sent again", async () => {
    const [a, b] = await pairOfRooms();
    await disconnect(a, b);
    await a.sendText("hello", b.self.id);
    await sleep(1_500);
    const kinds = both.flatMap(({ envelopes }) => envelopes.map(({ kind }) => kind));
    expect(kinds.filter((kind) => kind === "text")).toHaveLength(1);
    expect(kinds.filter((kind) => kind === "ack")).toHaveLength(1);
  });
});

describe("a socket that a stamp does not know", () => {
  beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.1));
  afterEach(() => void vi.restoreAllMocks());

  const asked = () => second.calls.filter((path) => path === "/negotiate").length;
  const known = (room: Room) => second.seats.get(room.self.id)?.socket;

  /** The socket at the second stamp ends, and the stamp does not hear of the next one. */
  async function lose(room: Room): Promise<void> {
    second.losesConnected = 1;
    known(room)?.end();
    await until(() => second.losesConnected === 0);
    expect([second.socketsOf(room.self.id).length, known(room)]).toEqual([1, undefined]);
  }

  test("is replaced if somebody has no connection, and then what was said to everyone arrives", async () => {
    const [a, b] = await pairOfRooms();
    first.die();
    await disconnect(a, b);
    await lose(b);
    const texts = hearFromNow(b, "text");
    const knownThen: boolean[] = [];
    b.on("text", () => knownThen.push(known(b) !== undefined));
    expect(await a.sendText("to all of you")).toBe("server");
    await until(() => known(b) !== undefined, 12_000);
    const [, ms] = await timed(() => until(() => texts.length === 1));
    expect(ms).toBeLessThanOrEqual(1_000); // no repeat was due then
    expect(texts.map(({ text, broadcast }) => [text, broadcast])).toEqual([
      ["to all of you", true],
    ]);
    expect(knownThen).toEqual([true]);
  }, 30_000);

  test("is replaced while the connections work, and nobody notices", async () => {
    const [a, b] = await pairOfRooms();
    const [states, left] = [hearFromNow(b, "state"), hearFromNow(a, "peer-left")];
    await lose(b);
    const before = asked();
    await until(() => known(b) !== undefined, 6_000);
    expect(asked()).toBe(before + 2); // which one is known; and for the new one
    expect(await a.sendText("hello")).toBe("p2p");
    expect([states, left]).toEqual([[], []]);
  }, 30_000);

  test("is replaced when nobody else is there, so that who comes then is heard of", async () => {
    const a = await enter();
    await atBoth(a);
    await lose(a);
    await until(() => known(a) !== undefined, 6_000);
    const joined = hearFromNow(a, "peer-joined");
    first.die();
    await enter();
    await until(() => joined.length === 1);
  }, 30_000);

  test("is no obstacle to a newcomer: they meet by what is said by name", async () => {
    const a = await enter();
    await Promise.all([atBoth(a), parked(a)]);
    first.die();
    second.losesConnected = 1;
    const b = await enter();
    await met(a, b);
    await until(() => second.socketsOf(b.self.id).length === 1);
    expect(known(b)).toBeUndefined();
  });
});

describe("hosts", () => {
  test("a member that one stamp has kicked is out, whatever the other says", async () => {
    const [a, b] = await pairOfRooms(AT_FIRST);
    const [left, closed] = [hearFromNow(a, "peer-left"), hearFromNow(b, "closed")];
    first.kick(b.self.id);
    await until(() => closed.length === 1 && left.length === 1);
    expect([closed[0]?.code, left[0]?.reason]).toEqual(["kicked", "kicked"]);
    const { name, role, visit } = second.seats.get(b.self.id) ?? {
      name: "",
      role: "guest",
      visit: 9,
    };
    second.push("joined", { peer: b.self.id, name, role, joinedAt: 1, visit: visit + 1 });
    await sleep(200);
    expect(a.peers.size).toBe(0);
  });

  test("a kick reaches both stamps, and one that was away by the first who comes back", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.1);
    const [a, b] = await pairOfRooms(AT_FIRST);
    second.die();
    await a.kick(b.self.id);
    expect(first.seats.has(b.self.id)).toBe(false);
    second.comeBack();
    await until(() => second.orders.kicked.includes(b.self.id));
    await until(() => !second.seats.has(b.self.id));
    vi.restoreAllMocks();
  });

  test("what only one stamp has heard is told to the other by the members, and no more", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const [a] = await pairOfRooms(AT_FIRST);
    const asked = () => second.calls.filter((path) => path === "/negotiate").length;
    const before = asked();
    first.kick("KKKKKKKKKKKKKKKK");
    // With this "random" wait, both members tell it in the same moment.
    await until(() => asked() === before + 2, 8_000);
    expect(second.orders.kicked).toContain("KKKKKKKKKKKKKKKK");
    await a.lock(true);
    await sleep(6_000);
    expect(asked()).toBe(before + 2);
    vi.restoreAllMocks();
  }, 20_000);

  test("a lock is done when one stamp has done it, and holds at both", async () => {
    const [a, b] = await pairOfRooms(AT_FIRST);
    second.freeze();
    const [, ms] = await timed(() => a.lock(true));
    expect(ms).toBeLessThan(1_000);
    await until(() => b.locked);
    second.comeBack();
    await until(() => second.orders.locked);
  });

  test("an invite is made by one stamp", async () => {
    const [a] = await pairOfRooms(AT_FIRST);
    await a.invite();
    expect(
      both.flatMap(({ calls }) => calls.filter((path) => path.endsWith("/invite"))),
    ).toHaveLength(1);
  });

  test("a room is created by one stamp, and by the next if that is frozen", async () => {
    const backends = both.map(({ backend }) => backend);
    const made = { hostToken: "h", capacity: 8, inviteOnly: false, room: AT_FIRST };
    for (const stamp of both) stamp.created = made;
    await createRoom({ backends });
    expect(both.map(({ calls }) => calls.length)).toEqual([1, 0]);
    first.freeze();
    const [, ms] = await timed(() => createRoom({ backends }));
    expect(ms).toBeLessThanOrEqual(SLOWER_MS);
    expect(second.calls).toEqual(["/rooms"]);
  });
});

describe("the end", () => {
  test("a leave reaches both stamps, and takes 2 s at most if one is frozen", async () => {
    const [a, b] = await pairOfRooms();
    await b.leave();
    expect(seatsOf(b)).toEqual([false, false]);
    second.freeze();
    const [, ms] = await timed(() => a.leave());
    expect(ms).toBeLessThanOrEqual(2_500);
    second.comeBack();
    await until(() => second.seats.size === 0);
  });

  test("a page that goes away tells both", async () => {
    const a = await enter();
    await atBoth(a);
    dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
    await until(() => both.every(({ calls }) => calls.at(-1) === "/leave"));
    expect(seatsOf(a)).toEqual([false, false]);
  });

  test("a report goes to one stamp, and to the other if that one is away, with one proof", async () => {
    const a = await enter({ report: true });
    await parked(a);
    const b = await enter();
    await met(a, b);
    await atBoth(a);
    const reports = () =>
      both.map(({ calls, bodies }) => bodies.filter((_, n) => calls[n] === "/report"));
    for (const stamp of both) stamp.refusals.set("/report", [{ status: 503, code: "busy" }]);
    await a.leave();
    await until(() => reports().every((each) => each.length >= 1), 12_000);
    const proofs = reports()
      .flat()
      .map(({ met }) => met);
    expect(new Set(proofs).size).toBe(1);
  });
});
