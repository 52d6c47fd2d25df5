// part: room
import { join, type Room } from "@heliograph/client";
import type { Program, View } from "./view.js";

export async function start(view: View): Promise<Program> {
  const room = await join({ backends: view.server, room: view.room, name: view.name });
  room.on("peer-joined", ({ peer }) => view.person(peer.id, peer.name));
  room.on("peer-updated", ({ peer }) => view.person(peer.id, peer.name));
  room.on("peer-left", ({ peer }) => view.gone(peer.id));
  return {
    say: texts(room, view),
    show: media(room, view),
    point: pointers(room, view),
    sendFile: files(room, view),
  };
}

// part: text
function texts(room: Room, view: View) {
  room.on("text", ({ from, text }) => view.said(from.id, text));
  return (text: string) => room.sendText(text).delivered;
}

// part: media
function media(room: Room, view: View) {
  room.on("media", ({ peer, stream }) => {
    if (stream) view.video(peer.id).srcObject = stream;
  });
  return () => Promise.all([room.media.start("camera"), room.media.start("microphone")]);
}

// part: channel
function pointers(room: Room, view: View) {
  const channels = new Map<string, RTCDataChannel>();
  room.on("connection", ({ peer, connection }) => {
    const options = { negotiated: true, id: 2, ordered: false, maxRetransmits: 0 };
    const channel = connection.createDataChannel("pointer", options);
    channel.binaryType = "arraybuffer";
    channel.onmessage = ({ data }) => view.pointer(peer.id, new Uint8Array(data));
    channels.set(peer.id, channel);
  });
  room.on("peer-left", ({ peer }) => channels.delete(peer.id));
  return (position: Uint8Array<ArrayBuffer>) => {
    for (const channel of channels.values()) {
      if (channel.readyState === "open") channel.send(position);
    }
  };
}

// part: file
function files(room: Room, view: View) {
  room.on("file", async ({ transfer }) => {
    const { peerId, name, size } = transfer;
    if (!(await view.offer(peerId, name, size))) return transfer.decline();
    await transfer.accept();
    const file = await transfer.done;
    if (file) view.received(peerId, name, file);
  });
  room.on("transfer-updated", ({ transfer: { peerId, name, bytes, size } }) => {
    view.progress(peerId, name, bytes / (size ?? bytes));
  });
  return async (file: File) => {
    const transfers = await room.sendFile(file);
    await Promise.allSettled(transfers.map(({ done }) => done));
  };
}
