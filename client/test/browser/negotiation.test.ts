/** The negotiation with a real browser: what it refuses, what crosses, what is too large. */
import { afterEach, expect, test } from "vitest";
import type { Envelope } from "../../src/wire/protocol.js";
import { bothUp, Pair, type PairOptions, until } from "./pair.js";

let pair: Pair;
function meet(options: PairOptions): Pair {
  pair = new Pair(options);
  return pair;
}
afterEach(() => pair.close());

const STABLE_AGAIN_MS = 3_000;
const stable = () => pair.sides.every(({ peer }) => peer.connection.signalingState === "stable");
const say = (body: number) =>
  pair.polite.peer.say({ v: 1, seq: pair.polite.nextSeq(), kind: "data", body });

/** An audio and a video track that need no device. */
function media(): MediaStream {
  const { stream } = new AudioContext().createMediaStreamDestination();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  let frame = 0;
  setInterval(() => {
    frame += 1;
    context?.fillRect(0, 0, frame % 100, 10);
  }, 100);
  for (const track of canvas.captureStream(5).getTracks()) stream.addTrack(track);
  return stream;
}

function addMedia(connection: RTCPeerConnection): void {
  const stream = media();
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
}

/** Packets of the other side's media arrive. */
async function mediaFlows(): Promise<void> {
  const counts = new Map<RTCPeerConnection, number>();
  const read = async () => {
    for (const { peer } of pair.sides) {
      const stats = [...(await peer.connection.getStats()).values()];
      const packets = stats.filter(({ type }) => type === "inbound-rtp");
      counts.set(
        peer.connection,
        packets.reduce((sum, { packetsReceived = 0 }) => sum + packetsReceived, 0),
      );
    }
  };
  for (let tries = 0; tries < 50; tries += 1) {
    await read();
    if ([...counts.values()].every((count) => count > 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no media: ${[...counts.values()]}`);
}

/** The first description of this kind arrives as one that every browser refuses. */
function spoilFirst(kind: "offer" | "answer", times = 1): NonNullable<PairOptions["lose"]> {
  const spoiled = new Set<number>();
  return (envelope, from) => {
    if (envelope.kind !== kind) return false;
    if (!spoiled.has(envelope.seq) && spoiled.size >= times) return false;
    spoiled.add(envelope.seq);
    const body = { ...envelope.body, sdp: "v=0\r\nspoiled\r\n" };
    setTimeout(() => pair.deliver(from, { ...envelope, body } as Envelope), 1);
    return true;
  };
}

test.each([
  ["offer", ["offer", "wait"]],
  ["offer", ["wait", "offer"]],
  ["answer", ["offer", "wait"]],
  ["answer", ["wait", "offer"]],
] as ["offer" | "answer", PairOptions["starts"]][])(
  "the first %s is refused: %j are connected within 3 s all the same",
  async (kind, starts) => {
    meet({ starts, lose: spoilFirst(kind) });
    const start = performance.now();
    await bothUp(pair, STABLE_AGAIN_MS);
    await until(stable);
    expect(performance.now() - start).toBeLessThan(STABLE_AGAIN_MS);
    expect(await say(1)).toBe(true);
    await until(() => pair.impolite.heard.length === 1);
    expect(pair.sides.flatMap(({ failures }) => failures)).toEqual([]);
  },
);

test("three offers are refused: the fourth connects within 3 s", async () => {
  meet({ starts: ["offer", "wait"], lose: spoilFirst("offer", 3) });
  await bothUp(pair, STABLE_AGAIN_MS);
  expect(await say(1)).toBe(true);
});

test("refused for good, both are stable within 3 s, with an error", async () => {
  meet({ starts: ["offer", "wait"], lose: spoilFirst("offer", Number.POSITIVE_INFINITY) });
  const start = performance.now();
  await until(() => pair.sides.every(({ failures }) => failures.length > 0), STABLE_AGAIN_MS);
  await until(stable);
  expect(performance.now() - start).toBeLessThan(STABLE_AGAIN_MS);
  const codes = new Set(pair.sides.flatMap(({ failures }) => failures));
  expect([...codes]).toEqual(["negotiation_failed"]);
  const offers = () => {
    const sent = pair.sides.flatMap((side) => side.sent.filter(({ kind }) => kind === "offer"));
    return new Set(sent.map(({ seq }) => seq)).size;
  };
  const before = offers();
  expect(before).toBeLessThanOrEqual(6);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(offers()).toBe(before);
});

test.each(["polite", "impolite"] as const)(
  "while connected, setRemoteDescription fails once on the %s side: media flows within 3 s",
  async (side) => {
    meet({ starts: ["offer", "wait"] });
    await bothUp(pair);
    const { connection } = pair[side].peer;
    failOnce(connection);
    const start = performance.now();
    addMedia(pair.polite.peer.connection);
    addMedia(pair.impolite.peer.connection);
    await until(() => pair.sides.every(({ tracks }) => tracks.length === 2), STABLE_AGAIN_MS);
    await until(stable);
    expect(performance.now() - start).toBeLessThan(STABLE_AGAIN_MS);
    expect(pair[side].peer.connection).toBe(connection);
    await mediaFlows();
    expect(await say(1)).toBe(true);
  },
);

/** The browser refuses the next description of theirs, as it does for reasons of its own. */
function failOnce(connection: RTCPeerConnection): void {
  connection.setRemoteDescription = async () => {
    Reflect.deleteProperty(connection, "setRemoteDescription");
    throw new DOMException("refused", "InvalidAccessError");
  };
}

test.each([[["offer", "wait"]], [["wait", "offer"]], [["offer", "offer"]]] as [
  PairOptions["starts"],
][])("both add audio and video as soon as there is a connection: %j", async (starts) => {
  const start = performance.now();
  meet({ starts, onConnection: addMedia, delay: 20 });
  await bothUp(pair, 5_000);
  await until(() => pair.sides.every(({ tracks }) => tracks.length === 2), 5_000);
  await until(stable);
  expect(performance.now() - start).toBeLessThan(5_000);
  const live = pair.sides.map(
    ({ peer }) =>
      peer.connection.getTransceivers().filter((t) => t.currentDirection === "sendrecv").length,
  );
  expect(live).toEqual([2, 2]);
  expect(pair.sides.flatMap(({ failures }) => failures)).toEqual([]);
});

test("both add audio and video in the same moment, again and again, and nothing is refused", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  const before = pair.sides.map(({ peer }) => peer.connection);
  for (let round = 1; round <= 4; round += 1) {
    for (const { peer } of pair.sides) addMedia(peer.connection);
    await until(() => pair.sides.every(({ tracks }) => tracks.length === 2 * round), 5_000);
    await until(stable);
  }
  expect(pair.sides.map(({ peer }) => peer.connection)).toEqual(before);
  expect(pair.sides.flatMap(({ failures }) => failures)).toEqual([]);
});

/** So many media sections that their SDP has more than 30,000 characters. */
function addMuchMedia(connection: RTCPeerConnection, sections = 10): void {
  for (let n = 0; n < sections; n += 1) connection.addTransceiver("video");
}

test("what is too large for the servers is rolled back with an error, and what fits connects", async () => {
  meet({ starts: ["wait", "offer"], onConnection: addMuchMedia });
  const { connection } = pair.impolite.peer;
  await until(() => pair.impolite.failures.includes("too_large"));
  await until(() => connection.signalingState === "stable", STABLE_AGAIN_MS);
  expect(pair.impolite.sent.filter(({ kind }) => kind === "offer")).toEqual([]);
  expect(pair.impolite.failures).toEqual(["too_large"]);
});

test("while connected, much more than the servers take is negotiated in the channel", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  addMuchMedia(pair.impolite.peer.connection);
  await until(() => pair.polite.tracks.length === 10, 5_000);
  await until(stable);
  const { connection } = pair.polite.peer;
  expect(connection.currentRemoteDescription?.sdp.length).toBeGreaterThan(30_000);
  expect(pair.sides.flatMap(({ failures }) => failures)).toEqual([]);
});

test.each(["polite", "impolite"] as const)(
  "while connected, what not even the channel takes is rolled back on the %s side, with an error",
  async (side) => {
    meet({ starts: ["offer", "wait"] });
    await bothUp(pair);
    const { connection } = pair[side].peer;
    const before = pair.sides.map(({ peer }) => peer.connection);
    addMuchMedia(connection, 90);
    await until(() => pair[side].failures.includes("too_large"), 12_000);
    await until(stable, STABLE_AGAIN_MS);
    expect(pair[side].failures).toEqual(["too_large"]);
    expect(pair.sides.map(({ peer }) => peer.connection)).toEqual(before);
    expect(
      pair.sides.flatMap(({ sent }) => sent.filter(({ kind }) => kind === "offer")),
    ).toHaveLength(1);
    expect(await say(1)).toBe(true); // the call goes on
    await until(() => pair.impolite.heard.length === 1);
  },
);

test("while connected, an offer of 200 KB is negotiated in the channel, and nothing is refused", async () => {
  meet({ starts: ["offer", "wait"] });
  await bothUp(pair);
  addMuchMedia(pair.polite.peer.connection, 45);
  await until(() => pair.impolite.tracks.length === 45, 12_000);
  await until(stable);
  const { connection } = pair.impolite.peer;
  expect(connection.currentRemoteDescription?.sdp.length).toBeGreaterThan(150_000);
  expect(pair.sides.flatMap(({ failures }) => failures)).toEqual([]);
});
