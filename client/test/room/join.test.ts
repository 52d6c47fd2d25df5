/** Joining, and the calls of a room, against a backend and a service on loopback. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createRoom, type JoinOptions, join, prepare, type Room } from "../../src/index.js";
import { Service, until } from "../loopback/service.js";
import { installPage } from "./fake-page.js";
import { installConnections } from "./rtc.js";

const NEGOTIATE = "/api/negotiate";
const A = "BBBBBBBBBBBBBBBB";
const MEMBER = {
  ...{ peer: A, name: "Ann", role: "guest" as const },
  ...{ visit: 1, connected: true, asleep: false },
};
const CODE = "~AAECAwQFBgcICQoLDA0ODw";
const SECRET = "S".repeat(22);

let service: Service;
let page: EventTarget;
let rooms: Room[];

beforeEach(async () => {
  service = await Service.start();
  rooms = [];
  page = installPage();
  installConnections();
});

afterEach(async () => {
  await Promise.all(rooms.map((room) => room.leave()));
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await service.stop();
});

async function enter(options: Partial<JoinOptions> = {}): Promise<Room> {
  const room = await join({ backends: service.backend, room: "r", report: false, ...options });
  rooms.push(room);
  return room;
}

async function connected(options: Partial<JoinOptions> = {}): Promise<Room> {
  const room = await enter(options);
  await until(() => room.state === "connected");
  return room;
}

describe("joining", () => {
  test("asks with room, name, secret and visit, and answers who we are", async () => {
    service.admission = { name: "Bob", capacity: 4, locked: true };
    const before = Date.now();
    const room = await enter({ name: "Bob", secret: SECRET });
    const [call] = service.pathsOf(NEGOTIATE);
    expect(call?.body).toEqual({
      room: "r",
      name: "Bob",
      secret: SECRET,
      visit: expect.any(Number),
    });
    expect((call as { body: { visit: number } }).body.visit).toBeGreaterThanOrEqual(before);
    expect(room.secret).toBe(SECRET);
    expect(call?.token).toBeUndefined();
    expect([room.id, room.self, room.capacity, room.locked]).toEqual([
      "r",
      { id: "AAAAAAAAAAAAAAAA", name: "Bob", role: "guest" },
      4,
      true,
    ]);
  });

  test("draws a secret of its own, and a host token makes a host", async () => {
    const rooms = [await enter({ hostToken: "h.o.st" }), await enter()];
    const secrets = service
      .pathsOf(NEGOTIATE)
      .map(({ body }) => (body as typeof MEMBER & { secret: string }).secret);
    expect(secrets).toEqual(rooms.map(({ secret }) => secret));
    for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(new Set(secrets).size).toBe(2);
    expect(service.pathsOf(NEGOTIATE).map(({ token }) => token)).toEqual(["h.o.st", undefined]);
  });

  test.each(["short", "S".repeat(65), `${"S".repeat(21)}.`])(
    "refuses the secret %s",
    async (secret) => {
      await expect(enter({ secret })).rejects.toMatchObject({ code: "invalid_secret" });
      expect(service.calls).toEqual([]);
    },
  );

  test("announces who is there only after whoever joins can listen", async () => {
    service.admission = { peers: [MEMBER] };
    const room = await enter();
    expect(room.peers.size).toBe(0);
    const joined: string[] = [];
    room.on("peer-joined", ({ peer }) => joined.push(peer.name));
    await until(() => joined.length === 1);
    expect([joined, [...room.peers.keys()]]).toEqual([["Ann"], [A]]);
  });

  test.each([429, 500, 503])(
    "is tried again after a refusal with %i that decides nothing",
    async (s) => {
      vi.spyOn(Math, "random").mockReturnValue(0);
      service.refuseNext(NEGOTIATE, s, {
        code: s === 429 ? "rate_limited" : "busy",
        retryAfter: 0,
      });
      await enter();
      expect(service.pathsOf(NEGOTIATE)).toHaveLength(2);
    },
  );

  test("is tried three times at most", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    for (let n = 0; n < 5; n += 1) service.refuseNext(NEGOTIATE, 503, { code: "busy" });
    await expect(enter()).rejects.toMatchObject({ code: "busy", status: 503 });
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(3);
  });

  test("is not tried again if the backend asks for more than 5 s", async () => {
    service.refuseNext(NEGOTIATE, 429, { code: "rate_limited", retryAfter: 6 });
    await expect(enter()).rejects.toMatchObject({ code: "rate_limited", retryAfter: 6 });
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
  });

  test.each(["room_full", "room_locked", "invite_required", "kicked"])(
    "is not tried again after %s",
    async (code) => {
      service.refuseNext(NEGOTIATE, 403, { code });
      await expect(enter()).rejects.toMatchObject({ code, status: 403 });
      expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
    },
  );

  test("is tried again without an answer, for that gets the same seat", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const fetcher = vi.fn(async () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(enter({ fetch: fetcher })).rejects.toMatchObject({ code: "backend_away" });
    expect(fetcher).toHaveBeenCalledTimes(3);
  });

  test("that is aborted after it was admitted gives the seat back", async () => {
    const controller = new AbortController();
    const fetcher: typeof fetch = async (...call) => {
      const answer = await fetch(...call);
      const text = await answer.text();
      if (String(call[0]).endsWith("/negotiate")) queueMicrotask(() => controller.abort());
      return new Response(text, { status: answer.status });
    };
    const entered = enter({ signal: controller.signal, fetch: fetcher });
    await expect(entered).rejects.toMatchObject({ code: "aborted" });
    await until(() => service.pathsOf("/api/leave").length === 1);
    expect(service.pathsOf("/api/leave")[0]?.token).toBe(service.admissionNow().token);
  });

  test("that is aborted before asks nobody", async () => {
    await expect(enter({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    expect(service.calls).toEqual([]);
  });
});

describe("a message", () => {
  test("to everyone goes by the socket when nobody has a channel", async () => {
    service.admission = { peers: [MEMBER] };
    const room = await connected();
    await until(() => room.peers.size === 1);
    service.invocations.length = 0;
    expect(await room.sendText("hello")).toBe("server");
    expect(await room.broadcast({ x: 1 })).toBe("server");
    const said = service.invocations.filter(({ envelope }) => envelope.kind !== "offer");
    expect(said.map(({ method, envelope }) => [method, envelope.kind, envelope.body])).toEqual([
      ["broadcast", "text", { text: "hello" }],
      ["broadcast", "data", { x: 1 }],
    ]);
  });

  test("to one peer names it", async () => {
    service.admission = { peers: [MEMBER] };
    const room = await connected();
    await until(() => room.peers.size === 1);
    expect(await room.send(A, [1])).toBe("server");
    const said = service.invocations.find(({ envelope }) => envelope.kind === "data");
    expect([said?.method, said?.envelope.to]).toEqual(["signal", A]);
  });

  test("that nobody has acknowledged goes again at once when a member comes to another stamp", async () => {
    const other = await Service.start();
    service.admission = { peers: [MEMBER] };
    const backends = [service.backend, other.backend];
    const room = await connected({ backends });
    await until(() => other.openSockets === 1 && room.peers.size === 1);
    const texts = ({ invocations }: Service) =>
      invocations.filter(({ envelope }) => envelope.kind === "text").length;
    await room.sendText("hello");
    await until(() => texts(service) === 1);
    const { peer, name, role, visit } = MEMBER;
    const began = performance.now();
    other.push("joined", { peer, name, role, visit, joinedAt: 1 });
    await until(() => texts(service) + texts(other) === 2);
    expect(performance.now() - began).toBeLessThan(900); // the first repeat comes after 1 s
    await room.leave();
    await other.stop();
  });

  test.each<[string, (room: Room) => Promise<unknown>, string]>([
    ["to somebody who is not there", (room) => room.send("CCCCCCCCCCCCCCCC", 1), "peer_not_found"],
    ["that is empty", (room) => room.sendText(""), "invalid_message"],
    ["that is no JSON", (room) => room.broadcast(1n), "invalid_message"],
    ["that is too large for the server", (room) => room.broadcast("x".repeat(40_000)), "too_large"],
  ])("%s is refused here, and nothing is sent", async (_, send, code) => {
    service.admission = { peers: [MEMBER] };
    const room = await connected();
    await until(() => room.peers.size === 1);
    await expect(send(room)).rejects.toMatchObject({ code });
    const kinds = service.invocations.map(({ envelope }) => envelope.kind);
    expect(kinds.filter((kind) => kind === "text" || kind === "data")).toEqual([]);
  });

  test("that the service refuses rejects with its code", async () => {
    service.admission = { peers: [MEMBER] };
    const room = await connected();
    await until(() => room.peers.size === 1);
    service.reply = () => ({ ok: false, code: "rate_limited", message: "Slower.", retryAfter: 2 });
    await expect(room.sendText("hi")).rejects.toMatchObject({
      code: "rate_limited",
      retryAfter: 2,
    });
  });
});

describe("a host's calls", () => {
  test("use the host token, and change what the room knows", async () => {
    const room = await enter({ hostToken: "h.o.st" });
    service.nextAnswers.set("/api/rooms/lock", [
      { status: 200, body: { locked: true, orders: "o.r.d" } },
    ]);
    const invite = { invite: CODE, expiresAt: 1, uses: 3 };
    service.nextAnswers.set("/api/rooms/invite", [{ status: 201, body: invite }]);
    await room.kick(A);
    await room.lock(true);
    expect(room.locked).toBe(true);
    expect(await room.invite({ uses: 3 })).toEqual(invite);
    const calls = service.calls.filter(({ path }) => path.startsWith("/api/rooms"));
    expect(calls.map(({ path, token }) => [path, token])).toEqual([
      ["/api/rooms/kick", "h.o.st"],
      ["/api/rooms/lock", "h.o.st"],
      ["/api/rooms/invite", "h.o.st"],
    ]);
  });

  test("that are refused change nothing", async () => {
    const room = await enter();
    service.refuseNext("/api/rooms/lock", 403, { code: "not_host" });
    await expect(room.lock(true)).rejects.toMatchObject({ code: "not_host" });
    expect(room.locked).toBe(false);
  });
});

describe("the lock of a room", () => {
  test("is told to everyone in it, once for each change", async () => {
    const room = await connected();
    const heard: boolean[] = [];
    room.on("locked", ({ locked }) => heard.push(locked));
    for (const locked of [true, true, false]) service.push("orders", { orders: "o.r.d", locked });
    await until(() => heard.length > 1);
    expect(heard).toEqual([true, false]);
    expect(room.locked).toBe(false);
  });

  test("is told to the host who has changed it", async () => {
    const room = await enter({ hostToken: "h.o.st" });
    const heard: boolean[] = [];
    room.on("locked", ({ locked }) => heard.push(locked));
    service.nextAnswers.set("/api/rooms/lock", [
      { status: 200, body: { locked: true, orders: "o.r.d" } },
    ]);
    await room.lock(true);
    expect(heard).toEqual([true]);
  });
});

describe("the end of a room", () => {
  test("by leaving is told once to us and to the backend, and then all calls are refused", async () => {
    const room = await connected();
    const closed: string[] = [];
    room.on("closed", ({ code }) => closed.push(code));
    await Promise.all([room.leave(), room.leave()]);
    expect([closed, room.state]).toEqual([["left"], "closed"]);
    expect(service.pathsOf("/api/leave").map(({ token }) => token)).toEqual(["token-1"]);
    await expect(room.sendText("hi")).rejects.toMatchObject({ code: "closed" });
    await until(() => service.openSockets === 0);
  });

  test.each(["kicked", "replaced"])("by the servers with %s is final", async (code) => {
    const room = await connected();
    const closed: string[] = [];
    room.on("closed", (event) => closed.push(event.code));
    service.push("closed", { code, message: "No." });
    await until(() => closed.length === 1);
    expect([closed, room.state]).toEqual([[code], "closed"]);
    await until(() => service.openSockets === 0);
    expect(service.pathsOf(NEGOTIATE)).toHaveLength(1);
  });

  test("by a backend that is away takes 2 s at most", async () => {
    const hangs = (url: unknown) => String(url).endsWith("/leave");
    const fetcher: typeof fetch = (url, init) =>
      hangs(url) ? new Promise<Response>(() => {}) : fetch(url, init);
    const room = await connected({ fetch: fetcher });
    const start = performance.now();
    await room.leave();
    expect(room.state).toBe("closed");
    expect(performance.now() - start).toBeGreaterThan(1_900);
  });

  test("by a page that is closed is told at once", async () => {
    const left: unknown[] = [];
    const fetcher: typeof fetch = (url, init) => {
      if (String(url).endsWith("/leave")) left.push([url, init?.keepalive]);
      return fetch(url, init);
    };
    await connected({ fetch: fetcher });
    page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
    expect(left).toEqual([]);
    page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: false }));
    expect(left).toEqual([[`${service.backend}/leave`, true]]);
  });
});

test("a room is created by its backend, with what was asked for and no more", async () => {
  const room = {
    ...{ room: CODE, hostToken: "h", invite: CODE, expiresAt: 1 },
    ...{ capacity: 4, inviteOnly: true, turn: "late", turnSides: 2 },
  };
  service.nextAnswers.set("/api/rooms", [{ status: 201, body: room }]);
  const options = { backends: service.backend, capacity: 4, inviteOnly: true };
  expect(await createRoom(options)).toEqual(room);
  expect(service.pathsOf("/api/rooms")[0]?.body).toEqual({ capacity: 4, inviteOnly: true });
});

describe("preparing", () => {
  test("opens a connection to each backend, and waits for all of them, also for one that fails", async () => {
    const asked: string[] = [];
    const fetcher = async (url: unknown) => {
      asked.push(String(url));
      if (asked.length === 1) throw new TypeError("Failed to fetch");
      return new Response(null, { status: 204 });
    };
    const backends = ["https://b.example/api/", "https://a.example/api", "https://b.example/api"];
    await prepare({ backends, fetch: fetcher as typeof fetch });
    expect(asked).toEqual([
      ...["https://a.example/", "https://b.example/"],
      ...["https://a.example/api/ice", "https://b.example/api/ice"],
    ]);
  });

  test("says what is no backend", async () => {
    await expect(prepare({ backends: [] })).rejects.toMatchObject({ code: "invalid_options" });
  });
});
