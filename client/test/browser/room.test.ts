import { createChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/web/pbkdf2";
import { expect, test, vi } from "vitest";
import { type JoinOptions, join, openChannel, type Room } from "../../src/index.js";
import { hear, hearFromNow } from "./hear.js";
import { track } from "./media-pair.js";
import { until } from "./pair.js";
import { stage } from "./stage.js";

const on = stage();

const enter = (
  name: string,
  secret?: string,
  options: Pick<JoinOptions, "media"> = {},
): Promise<Room> => on.enter(name, { ...options, ...(secret ? { secret } : {}) });

const peerOf = (room: Room) => [...room.peers.values()][0];
const connected = (...all: Room[]) =>
  until(() => all.every((room) => peerOf(room)?.state === "connected"));

async function pairOfRooms(): Promise<[Room, Room]> {
  const a = await enter("Ann");
  await until(() => [...on.backend.seats.values()].some(({ offer }) => offer));
  await until(() => a.state === "connected");
  const b = await enter("Bob");
  await connected(a, b);
  return [a, b];
}

// A busy machine may need more than the 30 ms for which an answer waits for its candidates.
const SOON = { retry: 2 };

test("two joins in one page meet, with two messages and no call but negotiate", SOON, async () => {
  const [a, b] = await pairOfRooms();
  expect(peerOf(a)?.name).toBe("Bob");
  expect(on.backend.envelopes.map(({ kind }) => kind)).toEqual(["offer", "answer"]);
  expect(on.backend.calls.filter((path) => path === "/negotiate")).toHaveLength(2);
  expect([a.self.name, a.id, b.capacity, b.locked]).toEqual(["Ann", "r", 8, false]);
});

test("tracks given to join ride in the parked offer, and one negotiation is all", async () => {
  const given = () => ({ microphone: track("audio"), camera: track("video") });
  const a = await enter("Ann", undefined, { media: given() });
  await until(() => [...on.backend.seats.values()].some(({ offer }) => offer));
  await until(() => a.state === "connected");
  const [waiting] = [...on.backend.seats.values()].flatMap(({ offer }) => (offer ? [offer] : []));
  expect(JSON.stringify(waiting)).toContain("m=video");
  const b = await enter("Bob", undefined, { media: given() });
  await connected(a, b);
  await until(() => [a, b].every((room) => peerOf(room)?.media.size === 2));
  // What is sent again, as on a busy machine, keeps its number.
  const once = new Map(on.backend.envelopes.map(({ seq, kind }) => [seq, kind]));
  expect([...once.values()]).toEqual(["offer", "answer"]);
  for (const room of [a, b]) {
    const connection = peerOf(room)?.connection;
    const directions = connection?.getTransceivers().map((one) => one.currentDirection);
    expect(directions).toEqual(Array(4).fill("sendrecv"));
    expect([...room.media.sending.keys()]).toEqual(["microphone", "camera"]);
  }
});

test("what is sent goes to everyone who is there, and to who comes later", async () => {
  const [a, b] = await pairOfRooms();
  const [heard, sending] = [hear(b, "media"), hear(a, "sending")];
  const camera = track("video");
  expect(await a.media.start("camera", { track: camera })).toBe(camera);
  await until(() => heard.length === 1);
  expect(heard[0]).toMatchObject({ peer: { id: a.self.id }, source: "camera", muted: false });
  expect(sending).toEqual([{ source: "camera", track: camera, muted: false }]);
  const c = await enter("Cid");
  await until(() => c.peers.get(a.self.id)?.media.get("camera") !== undefined);
  a.media.mute("camera", true);
  await until(() => c.peers.get(a.self.id)?.media.get("camera")?.muted === true);
  await a.leave();
  expect(camera.readyState).toBe("live"); // it is the application's
  await expect(a.media.start("camera")).rejects.toMatchObject({ code: "closed" });
});

test("a channel of the application opens with everyone, before and after they come", async () => {
  const a = await enter("Ann");
  const heard: unknown[] = [];
  const listen = (room: Room) =>
    openChannel(room, { id: 7, ordered: false, maxRetransmits: 0 }, ({ from, data }) =>
      heard.push([room.self.name, from.id, new Uint8Array(data as ArrayBuffer)[0]]),
    );
  const ours = listen(a);
  const b = await enter("Bob");
  await connected(a, b);
  const theirs = listen(b); // over a connection that stands
  await until(() => ours.send(new Uint8Array([1])).length === 1);
  await until(() => theirs.send(new Uint8Array([2]), a.self.id).length === 1);
  await until(() => heard.length >= 2);
  expect(heard).toContainEqual(["Bob", a.self.id, 1]);
  expect(heard).toContainEqual(["Ann", b.self.id, 2]);
});

test("everyone who is there is announced to whoever listens right after join", async () => {
  const a = await enter("Ann");
  await until(() => a.state === "connected");
  const b = await enter("Bob");
  expect(b.peers.size).toBe(0);
  const joined = hear(b, "peer-joined");
  await until(() => joined.length === 1);
  expect(joined[0]?.peer.name).toBe("Ann");
});

test("the answer does not wait for the socket", async () => {
  const a = await enter("Ann");
  await until(() => [...on.backend.seats.values()].some(({ offer }) => offer));
  await until(() => a.state === "connected");
  on.backend.socketsAway = true;
  const b = await enter("Bob");
  await connected(a, b);
  expect(b.state).not.toBe("connected");
  expect(on.backend.calls).toContain("/signal");
});

test("text and data go peer to peer when they can", async () => {
  const [a, b] = await pairOfRooms();
  const [texts, data] = [hearFromNow(b, "text"), hearFromNow(b, "data")];
  expect(await a.sendText("to all")).toBe("p2p");
  expect(await a.sendText("to you", b.self.id)).toBe("p2p");
  expect(await a.send(b.self.id, { n: 1 })).toBe("p2p");
  expect(await a.broadcast([2])).toBe("p2p");
  await until(() => data.length === 2);
  expect(texts.map(({ text, broadcast }) => [text, broadcast])).toEqual([
    ["to all", true],
    ["to you", false],
  ]);
  expect(data.map((each) => [each.data, each.via, each.broadcast])).toEqual([
    [{ n: 1 }, "p2p", false],
    [[2], "p2p", true],
  ]);
  expect(on.backend.envelopes.some(({ kind }) => kind === "text" || kind === "data")).toBe(false);
});

test("before that, or if it breaks, they go through the server, and are heard once", async () => {
  const [a, b] = await pairOfRooms();
  const texts = hearFromNow(b, "text");
  peerOf(a)?.connection.close();
  await until(() => peerOf(b)?.state === "reconnecting");
  expect(await a.sendText("hello")).toBe("server");
  expect(await a.sendText("you", b.self.id)).toBe("server");
  await until(() => texts.length === 2);
  expect(texts.map(({ via, broadcast }) => [via, broadcast])).toEqual([
    ["server", true],
    ["server", false],
  ]);
  await expect(a.send(b.self.id, "x".repeat(40_000))).rejects.toMatchObject({ code: "too_large" });
});

test("whom we do not know we cannot write to", async () => {
  const a = await enter("Ann");
  await expect(a.sendText("hi", "PPPPPPPPPPPPPPP9")).rejects.toMatchObject({
    code: "peer_not_found",
  });
  expect(await a.broadcast("anyone?")).toBe("nobody");
  expect(await a.sendText("anyone?")).toBe("nobody");
  expect(await a.sendText("anyone?").delivered).toEqual([]);
});

test("a lost socket comes back with the same identity, and the call goes on", async () => {
  const [a, b] = await pairOfRooms();
  const states = hearFromNow(a, "state");
  const left = hearFromNow(b, "peer-left");
  const connection = peerOf(a)?.connection;
  const socket = on.backend.seats.get(a.self.id)?.socket;
  socket?.end();
  await until(() => states.length === 2);
  expect(states.map(({ state }) => state)).toEqual(["reconnecting", "connected"]);
  expect(peerOf(a)?.connection).toBe(connection);
  expect(peerOf(a)?.state).toBe("connected");
  expect(left).toEqual([]);
});

test("a backend that is busy is asked again, one that refuses is not", async () => {
  on.backend.refusals.set("/negotiate", [{ status: 503, code: "busy", retryAfter: 0 }]);
  const a = await enter("Ann");
  expect(a.self.name).toBe("Ann");
  on.backend.refusals.set("/negotiate", [{ status: 409, code: "room_full" }]);
  const full = join({ backends: "/api", room: "r" });
  await expect(full).rejects.toMatchObject({ code: "room_full", status: 409 });
  expect(on.backend.calls.filter((path) => path === "/negotiate")).toHaveLength(3);
});

test("a call whose direct path works asks for no relay", async () => {
  on.backend.turn = "late";
  await pairOfRooms();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(on.backend.calls).not.toContain("/turn");
});

test("whoever wants only relays asks for one from the start, for this peer", async () => {
  on.backend.turn = "late";
  const a = await enter("Ann");
  await until(() => [...on.backend.seats.values()].some(({ offer }) => offer));
  const rtc = { iceTransportPolicy: "relay" as const };
  const b = await join({ backends: "/api", room: "r", name: "Bob", rtc });
  on.rooms.push(b);
  await until(() => on.backend.calls.includes("/turn"));
  expect(on.backend.bodies[on.backend.calls.indexOf("/turn")]).toMatchObject({ to: a.self.id });
  await until(() => on.backend.envelopes.some(({ kind }) => kind === "answer"));
  const { iceServers } = peerOf(b)?.connection.getConfiguration() ?? {};
  expect(iceServers?.some(({ username }) => username === "u")).toBe(true);
});

test("asked to prove work, a browser does, and comes in", async () => {
  const hmacSignatureSecret = "a secret of the tests";
  const algorithm = "PBKDF2/SHA-256";
  const made = { algorithm, cost: 500, deriveKey, hmacSignatureSecret };
  const challenge = await createChallenge({ ...made, expiresAt: new Date(Date.now() + 120_000) });
  on.backend.refusals.set("/negotiate", [{ status: 401, code: "proof_required", challenge }]);
  const onProof = vi.fn();
  const room = await join({ backends: "/api", room: "r", name: "Ann", onProof });
  on.rooms.push(room);
  expect(onProof).toHaveBeenCalledTimes(1);
  const proof = JSON.parse(atob(String(on.backend.bodies.at(-1)?.proof)));
  const verdict = await verifySolution({ ...proof, deriveKey, hmacSignatureSecret });
  expect(verdict.verified).toBe(true);
});

test("asked to prove work when it comes back, a member tries until it may", async () => {
  const a = await enter("Ann");
  await until(() => a.state === "connected");
  on.backend.refusals.set("/negotiate", [{ status: 401, code: "proof_required" }]);
  const socket = on.backend.seats.get(a.self.id)?.socket;
  socket?.end();
  await until(() => a.state === "reconnecting");
  await until(() => a.state === "connected");
});

test("a seat that cannot be had back ends the room", async () => {
  const a = await enter("Ann");
  await until(() => a.state === "connected");
  const closed = hearFromNow(a, "closed");
  on.backend.refusals.set("/negotiate", [{ status: 403, code: "kicked" }]);
  on.backend.seats.get(a.self.id)?.socket?.end();
  await until(() => closed.length === 1);
  expect([closed[0]?.code, a.state, a.peers.size]).toEqual(["kicked", "closed", 0]);
  await expect(a.sendText("hi")).rejects.toMatchObject({ code: "closed" });
});

test.each([
  [401, "token_expired"],
  [403, "room_locked"],
  [409, "room_full"],
])("a seat that is refused (%i %s) ends a call only with its connections", async (status, code) => {
  const [a, b] = await pairOfRooms();
  const closed = hearFromNow(a, "closed");
  on.backend.refusals.set("/negotiate", [{ status, code }]);
  on.backend.seats.get(a.self.id)?.socket?.end();
  await until(() => on.backend.refusals.get("/negotiate")?.length === 0);
  expect(await a.sendText("still here")).toBe("p2p");
  expect(closed).toEqual([]);
  await b.leave();
  await until(() => closed.length === 1);
  expect(closed[0]?.code).toBe(code);
});

test("closed by the servers, it stays closed", async () => {
  const [a, b] = await pairOfRooms();
  const closed = hearFromNow(a, "closed");
  const before = on.backend.calls.length;
  const argument = { code: "kicked", message: "The host has removed you from this room." };
  on.backend.seats.get(a.self.id)?.socket?.push("closed", argument);
  await until(() => closed.length === 1);
  expect(closed[0]).toEqual(argument);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(on.backend.calls.slice(before)).toEqual(["/report"]);
  expect(b.state).toBe("connected");
});

test("leaving says bye, gives the seat up once and does not come back", async () => {
  const [a, b] = await pairOfRooms();
  const [left, closed, joined] = [
    hearFromNow(a, "peer-left"),
    hearFromNow(b, "closed"),
    hearFromNow(a, "peer-joined"),
  ];
  await Promise.all([b.leave(), b.leave()]);
  await until(() => left.length === 1);
  expect(left[0]?.reason).toBe("left");
  expect(closed).toEqual([{ code: "left", message: "You have left the room." }]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(on.backend.calls.filter((path) => path === "/leave")).toHaveLength(1);
  expect(on.backend.calls.filter((path) => path === "/negotiate")).toHaveLength(2);
  expect(joined).toEqual([]);
});

test("a server that no longer knows us is asked for the seat again", async () => {
  const a = await enter("Ann");
  await until(() => a.state === "connected" && on.backend.envelopes.length === 1);
  const seat = on.backend.seats.get(a.self.id);
  on.backend.seats.clear();
  const other = { peer: "PPPPPPPPPPPPPPP9", name: "", role: "guest" as const, visit: 1 };
  on.backend.seats.set(other.peer, { ...other, id: other.peer, silentSince: Date.now() });
  seat?.socket?.push("joined", { ...other, joinedAt: 1 });
  await until(() => a.peers.size === 1);
  await expect(a.sendText("hi")).rejects.toMatchObject({ code: "not_member" });
  await until(() => on.backend.seats.has(a.self.id) && a.state === "connected");
});

test("a page that goes away leaves, unless it may come back as it was", async () => {
  const [a, b] = await pairOfRooms();
  const left = hearFromNow(b, "peer-left");
  const leaves = () => on.backend.calls.filter((path) => path === "/leave");
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(leaves()).toEqual([]);
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  await until(() => leaves().length === 2 && left.length === 1);
  expect(left[0]?.peer.id).toBe(a.self.id);
});

test("the token is renewed before it expires, and the socket stays", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    const a = await enter("Ann");
    await until(() => a.state === "connected");
    const states = hearFromNow(a, "state");
    const renewed = () => on.backend.calls.filter((path) => path === "/negotiate").length - 1;
    await vi.advanceTimersByTimeAsync(44 * 60_000);
    expect(renewed()).toBe(0);
    await vi.advanceTimersByTimeAsync(8 * 60_000);
    expect(renewed()).toBe(1);
    expect(states).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test("a join that is aborted gives its seat back", async () => {
  const controller = new AbortController();
  const joining = join({ backends: "/api", room: "r", signal: controller.signal });
  controller.abort();
  await expect(joining).rejects.toMatchObject({ code: "aborted" });
});

test("the host's calls reach the backend", async () => {
  const a = await enter("Ann");
  await a.lock(true);
  expect(a.locked).toBe(true);
  await a.kick("PPPPPPPPPPPPPPP9");
  expect((await a.invite()).invite).toMatch(/^~/);
  expect(on.backend.calls).toEqual(expect.arrayContaining(["/rooms/lock", "/rooms/kick"]));
});
