// part: room
import { type Participant, Room, RoomEvent, TokenSource } from "livekit-client";
import type { Program, View } from "./view.js";

export async function start(view: View): Promise<Program> {
  const room = new Room({ adaptiveStream: true, dynacast: true });
  const program = {
    say: texts(room, view),
    show: media(room, view),
    point: pointers(room, view),
    sendFile: files(room, view),
  };
  const arrived = ({ identity, name }: Participant) => view.person(identity, name ?? identity);
  room.on(RoomEvent.ParticipantConnected, arrived);
  room.on(RoomEvent.ParticipantDisconnected, ({ identity }) => view.gone(identity));
  const tokens = TokenSource.endpoint(view.server);
  const found = await tokens.fetch({ roomName: view.room, participantName: view.name });
  await room.connect(found.serverUrl, found.participantToken);
  room.remoteParticipants.forEach(arrived);
  return program;
}

// part: text
function texts(room: Room, view: View) {
  room.registerRpcMethod("text", async ({ callerIdentity, payload }) => {
    view.said(callerIdentity, payload);
    return "";
  });
  return (payload: string) =>
    Promise.all(
      [...room.remoteParticipants.keys()].map((destinationIdentity) =>
        room.localParticipant.performRpc({ destinationIdentity, method: "text", payload }),
      ),
    );
}

// part: media
function media(room: Room, view: View) {
  room.on(RoomEvent.TrackSubscribed, (track, _, { identity }) => {
    track.attach(view.video(identity));
  });
  return () => room.localParticipant.enableCameraAndMicrophone();
}

// part: channel
function pointers(room: Room, view: View) {
  room.on(RoomEvent.DataReceived, (position, participant, _, topic) => {
    if (participant && topic === "pointer") view.pointer(participant.identity, position);
  });
  return (position: Uint8Array<ArrayBuffer>) => {
    room.localParticipant.publishData(position, { reliable: false, topic: "pointer" });
  };
}

// part: file
const PATIENCE_MS = 300_000;

function files(room: Room, view: View) {
  room.registerRpcMethod("offer", async ({ callerIdentity, payload }) => {
    const { name, size } = JSON.parse(payload);
    return JSON.stringify(await view.offer(callerIdentity, name, size));
  });
  room.registerByteStreamHandler("file", async (reader, { identity }) => {
    const { name, mimeType: type } = reader.info;
    reader.onProgress = (fraction) => view.progress(identity, name, fraction ?? 0);
    const pieces = (await reader.readAll()) as Uint8Array<ArrayBuffer>[];
    view.received(identity, name, new Blob(pieces, { type }));
  });
  async function sendTo(destinationIdentity: string, file: File) {
    const accepted = await room.localParticipant.performRpc({
      destinationIdentity,
      method: "offer",
      payload: JSON.stringify({ name: file.name, size: file.size }),
      responseTimeout: PATIENCE_MS,
    });
    if (!JSON.parse(accepted)) return;
    await room.localParticipant.sendFile(file, {
      topic: "file",
      destinationIdentities: [destinationIdentity],
      onProgress: (fraction) => view.progress(destinationIdentity, file.name, fraction),
    });
  }
  return (file: File) =>
    Promise.allSettled([...room.remoteParticipants.keys()].map((id) => sendTo(id, file)));
}
