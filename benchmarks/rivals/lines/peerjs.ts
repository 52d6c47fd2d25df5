// part: room
import { type DataConnection, Peer } from "peerjs";
import type { Program, View } from "./view.js";

type People = Map<string, DataConnection>;
type Text = { text: string; number: number };
type Got = { got: number };
type Message = { name: string } | Text | Got;

export async function start(view: View): Promise<Program> {
  const peer = await register(view);
  const people: People = new Map();
  const { say, hear } = texts(people, view);
  const { show, showTo } = media(peer, people, view);
  const { point, watch } = pointers(view);
  const { sendFile, receive } = files(peer, people, view);

  function meet(connection: DataConnection, again: () => void) {
    const { peer: id } = connection;
    connection.on("open", () => {
      people.set(id, connection);
      connection.send({ name: view.name });
      showTo(id);
    });
    connection.on("data", (data) => {
      const message = data as Message;
      if ("name" in message) view.person(id, message.name);
      else hear(connection, message);
    });
    connection.on("close", () => {
      if (people.get(id) !== connection) return;
      people.delete(id);
      view.gone(id);
      again();
    });
  }
  function call(id: string) {
    // part: loss
    const again = () => setTimeout(call, RETRY_MS, id);
    // part: room
    meet(peer.connect(id, { label: "text" }), again);
    watch(peer.connect(id, { label: "pointer", reliable: false, serialization: "raw" }));
  }
  peer.on("connection", (connection) => {
    if (connection.label === "text") meet(connection, () => {});
    if (connection.label === "pointer") watch(connection);
    if (connection.label === "file") receive(connection);
  });
  peer.listAllPeers((ids) => {
    ids.filter((other) => other !== peer.id && other.startsWith(`${view.room}-`)).forEach(call);
  });
  // part: loss
  peer.on("disconnected", () => setTimeout(() => peer.reconnect(), RETRY_MS));
  // part: room
  return { say, show, point, sendFile };
}

async function register(view: View) {
  const { hostname, port } = new URL(view.server);
  const id = `${view.room}-${crypto.randomUUID()}`;
  const peer = new Peer(id, { host: hostname, port: Number(port), path: "/" });
  await new Promise((resolve, reject) => {
    peer.once("open", resolve);
    peer.once("error", reject);
  });
  return peer;
}

// part: loss
const RETRY_MS = 1_000;

// part: text
function texts(people: People, view: View) {
  const waiting = new Map<number, () => void>();
  let count = 0;
  function sendTo(connection: DataConnection, text: string) {
    count += 1;
    const number = count;
    return new Promise<void>((resolve, reject) => {
      waiting.set(number, resolve);
      connection.once("close", () => reject(new Error("not delivered")));
      connection.send({ text, number });
    });
  }
  return {
    say: (text: string) => Promise.all([...people.values()].map((one) => sendTo(one, text))),
    hear(connection: DataConnection, message: Text | Got) {
      if ("got" in message) {
        waiting.get(message.got)?.();
        waiting.delete(message.got);
      } else {
        view.said(connection.peer, message.text);
        connection.send({ got: message.number });
      }
    },
  };
}

// part: media
function media(peer: Peer, people: People, view: View) {
  let stream: MediaStream | undefined;
  peer.on("call", (call) => {
    call.on("stream", (theirs) => {
      view.video(call.peer).srcObject = theirs;
    });
    call.answer();
  });
  const showTo = (id: string) => {
    if (stream) peer.call(id, stream);
  };
  return {
    showTo,
    async show() {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      for (const id of people.keys()) showTo(id);
    },
  };
}

// part: channel
function pointers(view: View) {
  const connections = new Set<DataConnection>();
  return {
    watch(connection: DataConnection) {
      connections.add(connection);
      connection.on("data", (data) => {
        view.pointer(connection.peer, new Uint8Array(data as ArrayBuffer));
      });
      connection.on("close", () => connections.delete(connection));
    },
    point(position: Uint8Array) {
      for (const connection of connections) {
        if (connection.open) connection.send(position);
      }
    },
  };
}

// part: file
const BLOCK_BYTES = 262_144;

function files(peer: Peer, people: People, view: View) {
  function sendTo(id: string, file: File) {
    const { name, size } = file;
    const connection = peer.connect(id, {
      label: "file",
      metadata: { name, size },
      reliable: true,
    });
    return new Promise<void>((resolve, reject) => {
      connection.on("close", () => reject(new Error("declined, or lost")));
      connection.on("data", async (data) => {
        const at = data as number;
        view.progress(id, name, at / size);
        if (at === size) return resolve();
        connection.send(await file.slice(at, at + BLOCK_BYTES).arrayBuffer());
      });
    });
  }
  function receive(connection: DataConnection) {
    const { name, size } = connection.metadata as { name: string; size: number };
    const blocks: ArrayBuffer[] = [];
    let at = 0;
    connection.on("open", async () => {
      if (await view.offer(connection.peer, name, size)) connection.send(at);
      else connection.close();
    });
    connection.on("data", (data) => {
      const block = data as ArrayBuffer;
      blocks.push(block);
      at += block.byteLength;
      view.progress(connection.peer, name, at / size);
      connection.send(at);
      if (at === size) view.received(connection.peer, name, new Blob(blocks));
    });
  }
  return {
    receive,
    sendFile: (file: File) => Promise.allSettled([...people.keys()].map((id) => sendTo(id, file))),
  };
}
