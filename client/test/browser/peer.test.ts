import { afterEach, expect, test, vi } from "vitest";
import { bothUp, IMPOLITE, Pair, type PairOptions, POLITE, type Side, until } from "./pair.js";

/** Which connection the first message of this kind named. */
function pcOf({ sent }: Side, kind: "offer" | "answer"): string {
  for (const envelope of sent) if (envelope.kind === kind) return envelope.body.pc;
  throw new Error(`no ${kind}`);
}

let pair: Pair;
function meet(options: PairOptions): Pair {
  pair = new Pair(options);
  return pair;
}
afterEach(() => pair.close());

test("one offer and one answer connect two peers, with at most one batch", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  await until(() => pair.sides.every(({ peer }) => peer.path === "direct"));
  expect(pair.kinds.filter((kind) => kind !== "candidates")).toEqual(["offer", "answer"]);
  expect(pair.kinds.length).toBeLessThanOrEqual(3);
});

test("a candidate that is in a description does not come beside it too", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  for (const { sent, peer } of pair.sides) {
    const sdp = peer.connection.localDescription?.sdp ?? "";
    const lines = sdp.split("\r\n").filter((line) => line.startsWith("a=candidate:"));
    expect(lines.length).toBeGreaterThan(0);
    const text = sent.map((envelope) => JSON.stringify(envelope)).join();
    for (const line of lines) {
      const [start = ""] = line.slice("a=".length).split(" generation ");
      expect(text.split(start)).toHaveLength(2);
    }
  }
});

test("two offers at once meet in one connection, that of the impolite", async () => {
  meet({ starts: ["offer", "offer"], delay: 20 });
  await bothUp(pair);
  expect(pair.impolite.sent.some(({ kind }) => kind === "answer")).toBe(false);
  expect(pcOf(pair.polite, "answer")).toBe(pcOf(pair.impolite, "offer"));
});

test("what is lost is sent again with the same seq", async () => {
  let losses = 2;
  meet({ starts: ["offer", "wait"], lose: () => losses-- > 0 });
  await bothUp(pair);
  const offers = pair.polite.sent.filter(({ kind }) => kind === "offer");
  expect(offers.length).toBeGreaterThan(1);
  expect(new Set(offers.map(({ seq }) => seq)).size).toBe(1);
});

test("an answer that is lost comes again", async () => {
  let answers = 0;
  meet({ starts: ["wait", "offer"], lose: ({ kind }) => kind === "answer" && answers++ === 0 });
  await bothUp(pair);
  expect(new Set(pair.polite.sent.filter((e) => e.kind === "answer").map((e) => e.seq)).size).toBe(
    1,
  );
});

test("nothing is sent again once the connection is up", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const before = pair.kinds.length;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(pair.kinds.length).toBe(before);
});

test("candidates that overtake their description are kept for it", async () => {
  meet({
    starts: ["offer", "wait"],
    lose: (envelope, from) => {
      if (envelope.kind !== "offer") return false;
      // Split the offer in two, and send the second half first.
      const { candidates = [], ...body } = envelope.body;
      const batch = { pc: body.pc, candidates };
      const [v, seq] = [1 as const, envelope.seq + 500_000];
      pair.deliver(from, { v, seq, kind: "candidates", body: batch });
      setTimeout(() => pair.deliver(from, { ...envelope, body }), 50);
      return true;
    },
  });
  await bothUp(pair);
});

test("candidates of another connection are dropped", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const stale = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0" };
  const body = { pc: "of-before", candidates: [{ ...stale, sdpMLineIndex: 0 }] };
  pair.deliver(POLITE, { v: 1, seq: Date.now() * 1_000 + 9, kind: "candidates", body });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stats = [...(await pair.impolite.peer.connection.getStats()).values()];
  expect(stats.some((stat) => stat.address === "192.0.2.1")).toBe(false);
});

test("text travels in the channel, in order", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const before = pair.kinds.length;
  for (let seq = 0; seq < 50; seq += 1) {
    const said = pair.polite.peer.say({ v: 1, seq, kind: "text", body: { text: `${seq}` } });
    expect(await said).toBe(true);
  }
  await until(() => pair.impolite.heard.length === 50);
  expect(pair.impolite.heard.map(({ seq }) => seq)).toEqual([...Array(50).keys()]);
  expect(pair.kinds.length).toBe(before);
});

test("a message that the channel cannot carry is refused, a large one is carried", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const data = (length: number) =>
    pair.polite.peer.say({ v: 1, seq: 1, kind: "data", body: "x".repeat(length) });
  await expect(data(300_000)).rejects.toMatchObject({ code: "too_large" });
  expect(await data(200_000)).toBe(true);
  await until(() => pair.impolite.heard.length === 1);
});

test("a track added later is negotiated in the channel", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const before = pair.kinds.length;
  const { stream } = new AudioContext().createMediaStreamDestination();
  for (const track of stream.getTracks()) pair.impolite.peer.connection.addTrack(track, stream);
  await until(() => pair.polite.tracks.length === 1);
  for (const track of stream.getTracks()) pair.polite.peer.connection.addTrack(track, stream);
  await until(() => pair.impolite.tracks.length === 1);
  expect(pair.kinds.length).toBe(before);
});

test("tracks added by both at once are negotiated", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const { stream } = new AudioContext().createMediaStreamDestination();
  for (const { peer } of pair.sides) {
    for (const track of stream.getTracks()) peer.connection.addTrack(track, stream);
  }
  await until(() => pair.sides.every(({ tracks }) => tracks.length === 1));
});

function ufrag(connection: RTCPeerConnection): string | undefined {
  return /a=ice-ufrag:(\S+)/.exec(connection.currentLocalDescription?.sdp ?? "")?.[1];
}

test("asked to restart, the impolite one starts it and the connection stays", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const { connection } = pair.impolite.peer;
  const before = ufrag(connection);
  const pc = pcOf(pair.impolite, "answer");
  pair.deliver(POLITE, { v: 1, seq: Date.now() * 1_000 + 9, kind: "restart", body: { pc } });
  await until(() => ufrag(connection) !== before && connection.signalingState === "stable");
  await bothUp(pair);
  expect(pair.impolite.peer.connection).toBe(connection);
  expect(pair.polite.connections).toHaveLength(1);
});

test("a restart is not started by the polite one", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const before = ufrag(pair.polite.peer.connection);
  const pc = pcOf(pair.polite, "offer");
  pair.deliver(IMPOLITE, { v: 1, seq: Date.now() * 1_000 + 9, kind: "restart", body: { pc } });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(ufrag(pair.polite.peer.connection)).toBe(before);
});

test("two who wait for each other are connected all the same", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    meet({ starts: ["wait", "wait"] });
    await vi.advanceTimersByTimeAsync(10_000);
    await bothUp(pair);
    expect(pair.impolite.sent[0]?.kind).toBe("offer");
    expect(pair.polite.sent[0]?.kind).toBe("restart");
  } finally {
    vi.useRealTimers();
  }
});

test("whoever cannot be reached is given up in the end, and found when it is back", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    meet({ starts: ["wait", "offer"], lose: () => true });
    await vi.advanceTimersByTimeAsync(200_000);
    expect(pair.sides.map(({ peer }) => peer.state)).toEqual(["failed", "failed"]);
    expect(pair.impolite.failures).toHaveLength(1);
    pair.lose = () => false;
    pair.impolite.peer.revive();
    await bothUp(pair);
  } finally {
    vi.useRealTimers();
  }
});

test("asked to restart what it does not have, it offers a new pair", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const before = pair.polite.peer.connection;
  const sdp = before.localDescription?.sdp ?? "";
  const body = { pc: "of-before", sdp, restart: true };
  pair.deliver(POLITE, { v: 1, seq: pair.polite.nextSeq(), kind: "offer", body });
  await until(() => pair.polite.peer.connection !== before);
  await bothUp(pair);
});

test("a backlog is sent in order and in full", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const body = "x".repeat(200_000);
  const said = [...Array(20).keys()].map((seq) =>
    pair.polite.peer.say({ v: 1, seq, kind: "data", body }),
  );
  expect(await Promise.all(said)).toEqual(Array(20).fill(true));
  await until(() => pair.impolite.heard.length === 20);
  expect(pair.impolite.heard.map(({ seq }) => seq)).toEqual([...Array(20).keys()]);
});

test("what waits in a backlog when the channel closes is not said", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const body = "x".repeat(200_000);
  const said = [...Array(20).keys()].map((seq) =>
    pair.polite.peer.say({ v: 1, seq, kind: "data", body }),
  );
  await said[0];
  pair.polite.peer.close();
  expect((await Promise.all(said)).at(-1)).toBe(false);
});

test.each(["polite", "impolite"] as const)(
  "a connection that ends on the %s side is replaced",
  async (side) => {
    meet({ starts: ["offer", "wait"] });
    await bothUp(pair);
    pair[side].peer.connection.close();
    await until(() => pair.sides.some(({ peer }) => peer.state === "reconnecting"));
    await bothUp(pair, 12_000);
  },
);

test("a duplicate of an offer that was answered is answered alike", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const offer = pair.polite.sent.find(({ kind }) => kind === "offer");
  if (!offer) throw new Error("no offer");
  const answers = () => pair.impolite.sent.filter(({ kind }) => kind === "answer");
  const before = pair.impolite.peer.connection;
  pair.deliver(POLITE, offer);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(pair.impolite.peer.connection).toBe(before);
  expect(new Set(answers().map(({ seq }) => seq)).size).toBe(1);
});
