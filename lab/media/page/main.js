/**
 * A page with the SDK and nothing else, for tests and benchmarks of media: `window.call` is what a
 * driver calls. Times are ms since 1970.
 */
import { join, prepare } from "@heliograph/client";

const LOOK_MS = 10;
/** What the browser has done, and what it refused. */
const counts = { descriptions: 0, refused: 0, rollbacks: 0, texts: [] };
/** What others have said. */
const heard = [];
/** @type {RTCPeerConnection[]} */
const connections = [];
const marks = {};
let room;

for (const name of ["setLocalDescription", "setRemoteDescription"]) {
  const set = RTCPeerConnection.prototype[name];
  RTCPeerConnection.prototype[name] = async function (...given) {
    const what = given[0]?.type === "rollback" ? "rollbacks" : "descriptions";
    try {
      await set.apply(this, given);
      counts[what] += 1;
    } catch (error) {
      // Firefox does not take an `a=ice-lite` of ours, which is no more than a question to it.
      const isQuestion = name === "setLocalDescription" && given[0]?.type === "offer";
      if (!isQuestion) {
        counts.refused += 1;
        counts.texts.push(String(error));
      }
      throw error;
    }
  };
}

/** A tone or a moving picture, without a device. */
function track(kind) {
  if (kind === "audio") {
    const context = new AudioContext();
    const [tone, out] = [context.createOscillator(), context.createMediaStreamDestination()];
    tone.connect(out);
    tone.start();
    return out.stream.getAudioTracks()[0];
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 180];
  const context = canvas.getContext("2d");
  let frame = 0;
  const draw = () => {
    frame += 1;
    context.fillStyle = `hsl(${(frame * 7) % 360} 80% 50%)`;
    context.fillRect(0, 0, 320, 180);
  };
  draw();
  setInterval(draw, 33);
  return canvas.captureStream(30).getVideoTracks()[0];
}

const tracks = { microphone: track("audio"), camera: track("video") };

/** Frames decoded and audio packets received, of all that comes in. */
async function incoming(connection) {
  const sums = { frames: 0, packets: 0 };
  for (const stat of (await connection.getStats()).values()) {
    if (stat.type !== "inbound-rtp") continue;
    if (stat.kind === "video") sums.frames += stat.framesDecoded ?? 0;
    else sums.packets += stat.packetsReceived ?? 0;
  }
  return sums;
}

const newest = () => connections.at(-1);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves with the moment in which it was true. */
async function until(what, ms) {
  const end = Date.now() + ms;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${JSON.stringify(state())}`);
    await pause(LOOK_MS);
  }
  return Date.now();
}

function state() {
  const connection = newest();
  const peer = [...(room?.peers.values() ?? [])][0];
  return {
    ...counts,
    connections: connections.length,
    signaling: connection?.signalingState,
    connection: connection?.connectionState,
    peer: peer?.state,
    media: [...(peer?.media ?? [])].map(([source, { muted }]) => [source, muted]),
    marks,
  };
}

window.call = {
  prepare: (backends) => prepare({ backends }),

  /** `adds`: on `connection` by `addTrack`, as `join`'s option, or nothing. */
  async join({ backends, name, room: into, adds }) {
    marks.click = Date.now();
    room = await join({
      backends,
      name,
      room: into,
      report: false,
      ...(adds === "join" ? { media: tracks } : {}),
    });
    room.on("connection", ({ connection }) => {
      connections.push(connection);
      if (adds !== "connection") return;
      const stream = new MediaStream(Object.values(tracks));
      for (const each of stream.getTracks()) connection.addTrack(each, stream);
    });
    room.on("error", ({ code }) => counts.texts.push(code));
    room.on("text", ({ text }) => heard.push(text));
    return room.self.id;
  },

  /** ms from the click until a stamp has our socket. */
  connected: async (ms) => (await until(() => room.state === "connected", ms)) - marks.click,

  /** Somebody else is there. */
  met: (ms) => until(() => room.peers.size > 0, ms),

  /** How it travels: `p2p`, `server`, or `nobody`. */
  say: async (text) => await room.sendText(text),
  hears: ({ text, ms }) => until(() => heard.includes(text), ms),

  /** No connection of this page comes about from here on: what is said goes through the servers. */
  cutOff() {
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(given) {
        super({ ...given, iceServers: [], iceTransportPolicy: "relay" });
      }
    };
  },

  /** The types of candidates that the connection uses: ours, theirs. */
  async path() {
    const stats = await newest().getStats();
    const transport = [...stats.values()].find(({ type }) => type === "transport");
    const pair = stats.get(transport?.selectedCandidatePairId);
    return [pair?.localCandidateId, pair?.remoteCandidateId].map(
      (id) => stats.get(id)?.candidateType ?? "",
    );
  },

  /** The ids of the others. */
  others: () => [...room.peers.keys()],

  /** What this browser remembers of its network. */
  forget: () => localStorage.clear(),

  up: (ms) => until(() => [...room.peers.values()].some((peer) => peer.state === "connected"), ms),

  /** By `room.media`, at that moment. */
  async start({ at = 0, sources }) {
    await pause(Math.max(0, at - Date.now()));
    marks.start = Date.now();
    const pictures = { ...tracks, screen: sources.includes("screen") ? track("video") : null };
    await Promise.all(
      sources.map((source) => room.media.start(source, { track: pictures[source] })),
    );
    return marks.start;
  },

  /** From a device, as a person does. */
  async open(source) {
    const opened = await room.media.start(source);
    return opened.label;
  },

  mute: ([source, muted]) => room.media.mute(source, muted),
  stop: (source) => room.media.stop(source),

  /** The moment in which audio and video have come from the other side. */
  both: (ms) =>
    until(async () => {
      const connection = newest();
      const { frames, packets } = connection ? await incoming(connection) : {};
      return frames > 0 && packets > 0;
    }, ms),

  /** The moment in which this source is told, and its frames or packets are coming in. */
  async comes({ source, ms }) {
    const peer = [...room.peers.values()][0];
    await until(() => peer.media.get(source)?.muted === false, ms);
    const receiver = newest()
      .getReceivers()
      .find((one) => one.track === peer.media.get(source)?.track);
    const count = async () => {
      for (const stat of (await receiver.getStats()).values())
        if (stat.type === "inbound-rtp") return stat.framesDecoded ?? stat.packetsReceived ?? 0;
      return 0;
    };
    const before = await count();
    return until(async () => (await count()) > before, ms);
  },

  /** What is told of this source: `on`, `muted` or `off`. */
  told({ source, is, ms }) {
    const peer = [...room.peers.values()][0];
    return until(() => {
      const media = peer.media.get(source);
      return (media ? (media.muted ? "muted" : "on") : "off") === is;
    }, ms);
  },

  /** How many places and other media sections there are. */
  transceivers: () => newest().getTransceivers().length,

  state,
  leave: () => room?.leave(),
};
