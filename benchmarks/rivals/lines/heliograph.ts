// part: room
import { join, openChannel, type Room } from "@heliograph/client";
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
  const options = { id: 2, ordered: false, maxRetransmits: 0 };
  const channel = openChannel(room, options, ({ from, data }) => {
    if (typeof data !== "string") view.pointer(from.id, new Uint8Array(data));
  });
  return (position: Uint8Array<ArrayBuffer>) => channel.send(position);
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
