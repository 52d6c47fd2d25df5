/**
 * One function for each system: `(servers, who) → { join(room), leave() }`. No path between networks is
 * needed on loopback, so none of them gets a STUN or TURN server there; in benchmarks/networks.py PeerJS does.
 *
 * `servers` holds addresses (benchmarks/rivals/servers.py), `who` is `{ number, people }`: how
 * many came before us, so that PeerJS, which has no rooms, knows their ids; and how many there will be.
 */
import { join, prepare } from "@heliograph/client";
import { Peer } from "peerjs";
import SimplePeer from "simple-peer";
import { io } from "socket.io-client";
import { joinRoom } from "trystero";
import { WebrtcProvider } from "y-webrtc";
import { Doc } from "yjs";

const RTC = { iceServers: [] };

function heliograph({ backends }, { people }) {
  let room = null;
  const ready = () => void prepare({ backends, people });
  ready();
  return {
    async join(name) {
      room = await join({ room: name, backends, report: false });
    },
    room: () => room,
    connection: () => [...room.peers.values()][0].connection,
    async leave() {
      await room?.leave();
      ready(); // as our page does where people join
    },
  };
}

/** Whoever comes later calls those who came before. */
function peerjs({ port, iceServers }, { number }) {
  let peer = null;
  let channel = null;
  const others = (room) => Array.from({ length: number }, (_, before) => `${room}-${before}`);
  return {
    join(room) {
      const config = { iceServers };
      peer = new Peer(`${room}-${number}`, { host: "127.0.0.1", port, path: "/", config });
      peer.on("open", () => {
        for (const id of others(room)) channel = peer.connect(id);
      });
      peer.on("connection", (other) => {
        channel = other;
      });
    },
    channel: () => channel,
    leave: () => peer?.destroy(),
  };
}

function yWebrtc({ url }) {
  let provider = null;
  return {
    join(room) {
      const peerOpts = { config: RTC };
      provider = new WebrtcProvider(room, new Doc(), { signaling: [url], peerOpts });
    },
    leave: () => provider?.destroy(),
  };
}

function trystero({ url }) {
  let room = null;
  return {
    join(name) {
      const relayConfig = { urls: [url], redundancy: 1 };
      room = joinRoom({ appId: "rivals", rtcConfig: RTC, relayConfig }, name);
      room.onPeerJoin = () => {}; // it connects when somebody wants to know
    },
    leave: () => room?.leave(),
  };
}

/** As in the tutorials: whoever comes calls all who are there; the server passes on what they say. */
function simplePeer({ url }) {
  const peers = new Map();
  let socket = null;
  const meet = (id, initiator) => {
    const peer = new SimplePeer({ initiator, config: RTC });
    peer.on("signal", (signal) => socket.emit("signal", { to: id, signal }));
    peer.on("error", () => {});
    peers.set(id, peer);
    return peer;
  };
  return {
    join(room) {
      socket = io(url, { transports: ["websocket"] });
      socket.on("signal", ({ from, signal }) =>
        (peers.get(from) ?? meet(from, false)).signal(signal),
      );
      socket.emit("join", room, (there) => {
        for (const id of there) meet(id, true);
      });
    },
    leave() {
      for (const peer of peers.values()) peer.destroy();
      socket?.disconnect();
    },
  };
}

export const SYSTEMS = {
  heliograph,
  peerjs,
  "y-webrtc": yWebrtc,
  trystero,
  "simple-peer": simplePeer,
};
