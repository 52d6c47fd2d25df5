/** A browser that refuses servers and connections, and a member that wants too much: in a real browser. */
import { afterEach, expect, test, vi } from "vitest";
import { cdp } from "vitest/browser";
import type { Room } from "../../src/index.js";
import { configure, connect } from "../../src/peer/connection.js";
import { hear } from "./hear.js";
import { until } from "./pair.js";
import { stage } from "./stage.js";

const on = stage();
const GOOD = "stun:127.0.0.1:9";
const peerOf = (room: Room) => [...room.peers.values()][0];
const isUp = (room: Room) => peerOf(room)?.state === "connected";

afterEach(() => void vi.restoreAllMocks());

/** Kept open until `release`. */
const crowd: RTCPeerConnection[] = [];

async function release(): Promise<void> {
  for (const each of crowd.splice(0)) each.close();
  const session = cdp() as unknown as { send(method: string): Promise<unknown> };
  await session.send("HeapProfiler.collectGarbage"); // Chromium counts them until then
}
afterEach(release);

function isRefused(url: string): boolean {
  try {
    new RTCPeerConnection({ iceServers: [{ urls: url, username: "u", credential: "c" }] }).close();
    return false;
  } catch {
    return true;
  }
}

// Which of them a browser refuses is its own affair, and in each of two places.
const STRANGE = [
  ...["stun:a..b", "stun:[:::]", "stun://x", "stun:", "stun", "", " ", "stun:x:0", "stun:x:99999"],
  ...["stun:x:y", "stun:x:", "stun:x/", "stun:2001:db8::1", "stun:u@x", "stun:ü", "stun:x y"],
  ...["turn:x:99999", "turn:[:::]", "turn:x?transport=sctp", "turn:x?", "http://x", "javascript:1"],
  ...[`stun:${"a".repeat(300)}`, `stun:${"a.".repeat(200)}b`, "stun:\u0000", "stun:x#y", "stun:-1"],
];

const named = STRANGE.map((url) => [url.slice(0, 40), url] as const);

test.each(named)("the URL %j does not stop a connection", (_, url) => {
  const refused: string[] = [];
  const told = (each: string) => void refused.push(each);
  const strange = { urls: url, username: "u", credential: "c" };
  const made = connect({ iceServers: [strange, { urls: GOOD }] }, told);
  const urls = made?.getConfiguration().iceServers?.flatMap((server) => server.urls);
  expect(urls).toContain(GOOD);
  expect(refused).toEqual(isRefused(url) ? [url] : []);
  expect(urls).toHaveLength(2 - refused.length);
  const plain = connect({ iceServers: [{ urls: GOOD }] }, told) as RTCPeerConnection;
  expect(() => configure(plain, { iceServers: [strange, { urls: GOOD }] }, told)).not.toThrow();
  expect(plain.getConfiguration().iceServers?.flatMap((server) => server.urls)).toContain(GOOD);
  made?.close();
  plain.close();
});

test("Chromium refuses some of them", () => {
  expect(STRANGE.filter(isRefused)).toEqual(expect.arrayContaining(["stun://x", "turn:x:99999"]));
});

test("a call goes on without the servers that the browser refuses, and says so once", async () => {
  on.backend.iceServers = [
    { urls: ["stun://bad:3478", GOOD] },
    { urls: "turn:relay.example", username: "u".repeat(2_000), credential: "c" }, // dropped by us
  ];
  const [a, b] = [await on.enter("Ann"), await on.enter("Bob")];
  const errors = [a, b].map((room) => hear(room, "error"));
  await until(() => isUp(a) && isUp(b));
  expect(await a.sendText("hello")).toBe("p2p");
  for (const each of errors) {
    expect(each.map(({ code }) => code)).toEqual(["ice_server_refused", "ice_server_refused"]);
    expect(each.map(({ message }) => message).join()).toContain("stun://bad:3478");
    expect(each.map(({ message }) => message).join()).toContain("turn:relay.example");
  }
  const urls = peerOf(a)
    ?.connection.getConfiguration()
    .iceServers?.flatMap((one) => one.urls);
  expect(urls).toEqual([GOOD]);
});

test("while the browser makes no connection a newcomer is shown, and connected when it does", async () => {
  const a = await on.enter("Ann");
  await until(() => a.state === "connected");
  const sdp = await offerByHand();
  expect(() => {
    for (let n = 0; n < 1_000; n += 1) crowd.push(new RTCPeerConnection());
  }).toThrow(/so many/);
  const [errors, texts, connections] = [hear(a, "error"), hear(a, "text"), hear(a, "connection")];
  const eve = await enterByHand("Eve");
  const { id: to } = a.self;
  const offer = () =>
    on.backend.receive(eve, { v: 1, seq: 2, to, kind: "offer", body: { pc: "eves", sdp } });
  await until(() => peerOf(a)?.name === "Eve");
  expect(peerOf(a)?.state).toBe("connecting");
  on.backend.receive(eve, { v: 1, seq: 1, to, kind: "text", body: { text: "hello" } });
  offer();
  await until(() => texts.length === 1);
  expect(await a.sendText("hello, Eve")).toBe("server");
  expect(peerOf(a)?.connection.connectionState).toBe("closed");
  expect([errors, connections]).toEqual([[], []]);
  await release();
  const isAnswered = () =>
    on.backend.envelopes.some(({ kind, to }) => kind === "answer" && to === eve);
  for (let n = 0; n < 10 && !isAnswered(); n += 1) {
    offer(); // as its client does
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  expect(isAnswered()).toBe(true);
  expect(peerOf(a)?.connection.connectionState).not.toBe("closed");
  expect(connections).toHaveLength(1);
});

test("a member that offers with ever new names opens few connections, and others connect", async () => {
  const made = vi.fn();
  const Real = RTCPeerConnection;
  const counting = new Proxy(Real, {
    construct: (target, given) => {
      made();
      return new target(...(given as [RTCConfiguration]));
    },
  });
  vi.stubGlobal("RTCPeerConnection", counting);
  try {
    const sdp = await offerByHand();
    const a = await on.enter("Ann");
    await until(() => a.state === "connected");
    const eve = await enterByHand("Eve");
    await until(() => a.peers.has(eve));
    made.mockClear();
    for (let n = 1; n <= 200; n += 1) {
      const body = { pc: `pc-${n}`, sdp };
      on.backend.receive(eve, { v: 1, seq: n, to: a.self.id, kind: "offer", body });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(made.mock.calls.length).toBe(9); // and one when it came
    const b = await on.enter("Bob");
    await until(() => a.peers.get(b.self.id)?.state === "connected");
  } finally {
    vi.stubGlobal("RTCPeerConnection", Real);
  }
});

async function offerByHand(): Promise<string> {
  const connection = new RTCPeerConnection();
  connection.createDataChannel("heliograph", { negotiated: true, id: 0 });
  await connection.setLocalDescription();
  const { sdp = "" } = connection.localDescription ?? {};
  connection.close();
  return sdp;
}

/** A member without our client. */
async function enterByHand(name: string): Promise<string> {
  const asked = { room: "r", name, secret: "E".repeat(22), visit: Date.now() };
  const answer = await fetch("/api/negotiate", { method: "POST", body: JSON.stringify(asked) });
  const { peer, url, accessToken } = await answer.json();
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}&access_token=${accessToken}`);
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  socket.send('{"protocol":"json","version":1}\x1e');
  return peer;
}
