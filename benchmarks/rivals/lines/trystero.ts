// part: room
import { joinRoom, type Room } from "trystero";
import type { Program, View } from "./view.js";

export async function start(view: View): Promise<Program> {
  const room = joinRoom({ appId: "lines", relayConfig: { urls: [view.server] } }, view.room);
  const { show, showTo } = media(room, view);
  const { point, open, close } = pointers(room, view);
  const name = room.makeAction<string>("name");
  name.onMessage = (value, { peerId }) => view.person(peerId, value);
  room.onPeerJoin = (id) => {
    name.send(view.name, { target: id });
    showTo(id);
    open(id);
  };
  room.onPeerLeave = (id) => {
    view.gone(id);
    close(id);
  };
  return { say: texts(room, view), show, point, sendFile: files(room, view) };
}

// part: text
function texts(room: Room, view: View) {
  const text = room.makeAction<string, boolean>("text", {
    kind: "request",
    onRequest(value, { peerId }) {
      view.said(peerId, value);
      return true;
    },
  });
  return async (value: string) => {
    const results = await text.requestMany(value, { targets: Object.keys(room.getPeers()) });
    if (results.some(({ status }) => status !== "fulfilled")) throw new Error("not delivered");
  };
}

// part: media
function media(room: Room, view: View) {
  let stream: MediaStream | undefined;
  room.onPeerStream = (theirs, id) => {
    view.video(id).srcObject = theirs;
  };
  return {
    async show() {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      room.addStream(stream);
    },
    showTo(id: string) {
      if (stream) room.addStream(stream, { target: id });
    },
  };
}

// part: channel
function pointers(room: Room, view: View) {
  const channels = new Map<string, RTCDataChannel>();
  return {
    open(id: string) {
      const options = { negotiated: true, id: 100, ordered: false, maxRetransmits: 0 };
      const channel = room.getPeers()[id]?.createDataChannel("pointer", options);
      if (!channel) return;
      channel.binaryType = "arraybuffer";
      channel.onmessage = ({ data }) => view.pointer(id, new Uint8Array(data));
      channels.set(id, channel);
    },
    close: (id: string) => channels.delete(id),
    point(position: Uint8Array<ArrayBuffer>) {
      for (const channel of channels.values()) {
        if (channel.readyState === "open") channel.send(position);
      }
    },
  };
}

// part: file
function files(room: Room, view: View) {
  const offer = room.makeAction<{ name: string; size: number }, boolean>("offer", {
    kind: "request",
    onRequest: ({ name, size }, { peerId }) => view.offer(peerId, name, size),
  });
  const content = room.makeAction<File | ArrayBuffer, boolean>("content", {
    kind: "request",
    onRequest(data, { peerId, metadata }) {
      view.received(peerId, String(metadata), new Blob([data]));
      return true;
    },
    onReceiveProgress(fraction, { peerId, metadata }) {
      view.progress(peerId, String(metadata), fraction);
    },
  });
  async function sendTo(id: string, file: File) {
    const { name, size } = file;
    if (!(await offer.request({ name, size }, { target: id }))) return;
    const onProgress = (fraction: number) => view.progress(id, name, fraction);
    await content.request(file, { target: id, metadata: name, onProgress });
  }
  return (file: File) =>
    Promise.allSettled(Object.keys(room.getPeers()).map((id) => sendTo(id, file)));
}
