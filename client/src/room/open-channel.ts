/**
 * A data channel of the application with every peer, under one id. Of each peer there is one channel:
 *
 *                a connection is made    the peer leaves    it is closed
 *   none         channel                 none               none
 *   channel      that of the newer one   none               none, for good
 */
import { HeliographError } from "../errors.js";
import type {
  ChannelMessage,
  ChannelOptions,
  Listener,
  Peer,
  Room,
  RoomChannel,
} from "../types.js";

const FIRST_ID = 2; // 0 and 1 are ours
const LAST_ID = 65_534; // RFC 8832 §6
const MOST = 65_535; // of retransmits and ms, W3C WebRTC §6.2

/** Which ids are taken in a room. A connection keeps that of a closed channel for a while. */
const taken = new WeakMap<Room, Set<number>>();

/**
 * Opens it with everyone who is there and who comes later, and again with every new connection. All
 * members have to open it, with the same options, for what is sent to be heard. Throws
 * `invalid_options`, also for an id that was opened in this room before.
 */
export function openChannel(
  room: Room,
  options: ChannelOptions,
  listener: Listener<ChannelMessage> = () => {},
): RoomChannel {
  const { id, ...reliability } = options;
  const ids = taken.get(room) ?? new Set();
  if (!isUsable(options) || ids.has(id)) {
    throw new HeliographError("invalid_options", "Wrong options, or the id is taken.");
  }
  const channels = new Map<string, RTCDataChannel>();
  const known = new WeakSet<RTCPeerConnection>();

  const open = (peer: Peer, connection: RTCPeerConnection): void => {
    // What the room has told before somebody listened may be older than what it shows now.
    if (known.has(connection) || connection.signalingState === "closed") return;
    known.add(connection);
    const channel = connection.createDataChannel("", { ...reliability, negotiated: true, id });
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => listener({ from: peer, data });
    channels.set(peer.id, channel);
  };
  const close = (): void => {
    for (const stop of listening) stop();
    for (const channel of channels.values()) channel.close();
    channels.clear();
  };
  for (const peer of room.peers.values()) open(peer, peer.connection);
  taken.set(room, ids.add(id));
  const listening = [
    room.on("connection", ({ peer, connection }) => open(peer, connection)),
    room.on("peer-left", ({ peer }) => channels.delete(peer.id)),
  ];
  return {
    send: (data, peerId) =>
      [...channels]
        .filter(([to, channel]) => (peerId ?? to) === to && hand(channel, data))
        .map(([to]) => to),
    close,
  };
}

function isUsable({ id, maxRetransmits, maxPacketLifeTime }: ChannelOptions): boolean {
  if (maxRetransmits !== undefined && maxPacketLifeTime !== undefined) return false;
  const limit = maxRetransmits ?? maxPacketLifeTime ?? 0;
  return isBetween(FIRST_ID, id, LAST_ID) && isBetween(0, limit, MOST);
}

const isBetween = (least: number, value: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** False if it cannot be sent now: the channel is not open, or what waits in it is too much. */
function hand(channel: RTCDataChannel, data: Parameters<RoomChannel["send"]>[0]): boolean {
  if (channel.readyState !== "open") return false;
  try {
    channel.send(data as ArrayBuffer); // one of the four that it takes
    return true;
  } catch {
    return false;
  }
}
