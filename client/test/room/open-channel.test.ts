import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Emitter } from "../../src/room/events.js";
import { openChannel } from "../../src/room/open-channel.js";
import type { ChannelMessage, ChannelOptions, Peer, Room, RoomEvents } from "../../src/types.js";

/** A connection on which channels can be made: each id once, as W3C WebRTC §6.1 has it. */
class Connection {
  signalingState = "stable";
  readonly channels = new Map<number, Channel>();

  createDataChannel(_: string, options: RTCDataChannelInit & { id: number }): Channel {
    if (this.channels.has(options.id)) throw new DOMException("in use", "OperationError");
    const channel = new Channel(options);
    this.channels.set(options.id, channel);
    return channel;
  }
}

class Channel {
  readyState: RTCDataChannelState = "connecting";
  binaryType = "blob";
  onmessage: (event: { data: unknown }) => void = () => {};
  readonly sent: unknown[] = [];
  full = false;

  constructor(readonly options: RTCDataChannelInit) {}

  send(data: unknown): void {
    if (this.full) throw new DOMException("full", "OperationError");
    this.sent.push(data);
  }

  close(): void {
    this.readyState = "closed";
  }
}

const emitter = () => new Emitter<RoomEvents>();
let events = emitter();
let peers = new Map<string, Peer>();
let room: Room;

beforeEach(() => {
  events = emitter();
  peers = new Map();
  room = { peers, on: events.on.bind(events) } as unknown as Room;
});
afterEach(() => vi.restoreAllMocks());

/** A connection with this peer is about to be negotiated. */
function meet(id: string): Connection {
  const connection = new Connection();
  const peer = { id, connection } as unknown as Peer;
  peers.set(id, peer);
  events.emit("connection", { peer, connection: peer.connection });
  return connection;
}

const only = (connection: Connection, id = 2): Channel => {
  const channel = connection.channels.get(id);
  if (!channel) throw new Error("there is no channel");
  return channel;
};
const OPTIONS = { id: 2, ordered: false, maxRetransmits: 0 };

test("everyone who is there and who comes later has one, also over a new connection", async () => {
  const early = meet("a");
  const channel = openChannel(room, OPTIONS);
  const late = meet("b");
  await Promise.resolve(); // what has waited for a listener is told twice
  for (const connection of [early, late]) {
    expect(only(connection).options).toEqual({ ...OPTIONS, negotiated: true });
    only(connection).readyState = "open";
  }
  expect(channel.send("x")).toEqual(["a", "b"]);
  const again = meet("a");
  only(early).readyState = "closed";
  expect(channel.send("y")).toEqual(["b"]);
  only(again).readyState = "open";
  expect(channel.send("z", "a")).toEqual(["a"]);
  expect([early, late, again].map((one) => only(one).sent)).toEqual([["x"], ["x", "y"], ["z"]]);
});

test("what comes is told with who has sent it, bytes as an ArrayBuffer", () => {
  const heard: ChannelMessage[] = [];
  openChannel(room, { id: 2 }, (message) => heard.push(message));
  const channel = only(meet("a"));
  expect(channel.binaryType).toBe("arraybuffer");
  const bytes = new ArrayBuffer(4);
  channel.onmessage({ data: bytes });
  expect(heard).toEqual([{ from: peers.get("a"), data: bytes }]);
});

test("who has left, and a channel that takes no more, are not sent to", () => {
  const channel = openChannel(room, { id: 2 });
  const [a, b] = [only(meet("a")), only(meet("b"))];
  a.readyState = b.readyState = "open";
  b.full = true;
  expect(channel.send("x")).toEqual(["a"]);
  events.emit("peer-left", { peer: peers.get("a") as Peer, reason: "left" });
  expect(channel.send("x")).toEqual([]);
  expect(channel.send("x", "nobody")).toEqual([]);
});

test("after close nothing is opened or sent", () => {
  const channel = openChannel(room, { id: 2 });
  const a = only(meet("a"));
  a.readyState = "open";
  channel.close();
  expect(a.readyState).toBe("closed");
  expect(channel.send("x")).toEqual([]);
  expect(meet("b").channels.size).toBe(0);
});

test("a closed connection, of which the room has told late, gets none", async () => {
  const old = meet("a");
  old.signalingState = "closed";
  meet("a");
  openChannel(room, { id: 2 });
  await Promise.resolve();
  await Promise.resolve();
  expect(old.channels.size).toBe(0);
});

test.each<[ChannelOptions]>([
  [{ id: 1 }],
  [{ id: 65_535 }],
  [{ id: 2.5 }],
  [{ id: Number.NaN }],
  [{ id: 2, maxRetransmits: -1 }],
  [{ id: 2, maxPacketLifeTime: 65_536 }],
  [{ id: 2, maxRetransmits: 0, maxPacketLifeTime: 10 }],
])("%j is refused", (options) => {
  expect(() => openChannel(room, options)).toThrow(
    expect.objectContaining({ code: "invalid_options" }),
  );
});

test("an id is given once in a room, and again in another", () => {
  openChannel(room, { id: 2 }).close();
  expect(() => openChannel(room, { id: 2 })).toThrow(
    expect.objectContaining({ code: "invalid_options" }),
  );
  openChannel(room, { id: 3 });
  openChannel({ peers, on: events.on.bind(events) } as unknown as Room, { id: 2 });
});
