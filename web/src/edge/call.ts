/** The call of the room of the SDK: what it says becomes events, and what is asked is done. */
import type { ErrorCode, MediaSource, PeerMedia, Room, SentMedia } from "@heliograph/client";
import {
  type Call,
  type CallEffect,
  type CallEvent,
  type Device,
  type DeviceKind,
  NO_CALL,
  type Sources,
  stepCall,
} from "../call/model.js";
import { type CallWorld, MyMedia } from "./my-media.js";
import { codeOf } from "./sdk-values.js";

/** A person's microphone and camera, or their screen with its sound: each is one stream. */
export type Picture = "person" | "screen";

/** What the buttons of a call do, and its streams. None of them throws or rejects. */
export interface CallActions {
  start(): void;
  hangUp(): void;
  /** Our microphone, camera or screen: turns it on or off. */
  toggle(source: "microphone" | "camera" | "screen"): void;
  /** Shows or hides the choice of devices. */
  showDevices(isShown: boolean): void;
  choose(kind: DeviceKind, id: string): void;
  /** The browser has refused to play sound. */
  soundRefused(): void;
  turnOnSound(): void;
  /** Makes the stage small, or large. */
  resize(): void;
  dismissProblem(): void;
  /** What a peer sends; the same object as long as it does. */
  streamOf(peer: string, picture: Picture): MediaStream | null;
  /** Our own camera; the same object as long as it is on. */
  preview(): MediaStream | null;
}

/** Follows the call of `room`; `show` is called with each new state, and at once. */
export function followCall(room: Room, world: CallWorld, show: (call: Call) => void): CallActions {
  let call: Call = { ...NO_CALL, canShare: world.canShare };
  const mine = new MyMedia(room, world);
  const perform = performer(room, mine, dispatch);

  function dispatch(event: CallEvent): void {
    const [next, ...effects] = stepCall(call, event);
    if (next !== call) {
      call = next;
      show(next);
    }
    for (const effect of effects) perform(effect);
  }

  show(call);
  listen(room, mine, dispatch);
  return { ...actionsOn(dispatch), ...streamsOf(room) };
}

function listen(room: Room, mine: MyMedia, dispatch: (event: CallEvent) => void): void {
  const members = (): void => {
    const all = [...room.peers.values()].map(({ id, name, state }) => ({ id, name, state }));
    dispatch({ type: "members-changed", members: all });
  };
  const received = (peer: { readonly id: string; readonly media: Received }): void =>
    dispatch({ type: "received", peer: peer.id, sources: sourcesOf(peer.media) });
  const sending = (): void => dispatch({ type: "sending", sources: sourcesOf(room.media.sending) });

  for (const event of ["peer-joined", "peer-updated", "peer-left"] as const)
    room.on(event, members);
  room.on("media", ({ peer }) => {
    members(); // who has just come may be announced later
    received(peer);
  });
  room.on("sending", ({ source }) => {
    mine.changed(source);
    sending();
  });
  room.on("devices", ({ devices }) => dispatch(found(room, devices)));
  room.on("closed", () => {
    mine.stopAll();
    dispatch({ type: "ended" });
  });
  // What was said before this was loaded.
  members();
  for (const peer of room.peers.values()) received(peer);
  sending();
}

type Received = ReadonlyMap<MediaSource, PeerMedia | SentMedia>;

const sourcesOf = (media: Received): Sources =>
  Object.fromEntries([...media].map(([source, { muted }]) => [source, { muted }]));

function performer(
  room: Room,
  mine: MyMedia,
  dispatch: (event: CallEvent) => void,
): (effect: CallEffect) => void {
  const tell = (source: MediaSource, code: ErrorCode | null): void =>
    dispatch(code ? { type: "not-opened", source, code } : { type: "opened", source });

  return (effect) => {
    switch (effect.type) {
      case "take-part":
        return void mine.takePart(tell).then((code) => {
          if (code) dispatch({ type: "not-started", code });
        });
      case "start": {
        const { source, deviceId } = effect;
        return void mine.start(source, deviceId).then((code) => tell(source, code));
      }
      case "use":
        return void mine.use(effect.source, effect.deviceId).then((code) => {
          tell(effect.source, code);
        });
      case "stop":
        return room.media.stop(effect.source);
      case "stop-all":
        return mine.stopAll();
      case "mute":
        return room.media.mute(effect.source, effect.muted);
      case "find-devices":
        return void room.media.devices().then(
          (devices) => dispatch(found(room, devices)),
          (error: unknown) => {
            dispatch({ type: "devices-closed" });
            dispatch({ type: "not-opened", source: "microphone", code: codeOf(error) });
          },
        );
    }
  };
}

const KINDS: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};

/** Without a permission a browser hides the ids: there is nothing to choose then. */
function found(room: Room, devices: readonly MediaDeviceInfo[]): CallEvent {
  const known: Device[] = devices
    .filter(({ deviceId }) => deviceId !== "")
    .map(({ kind, deviceId, label }) => ({ kind: KINDS[kind], id: deviceId, label }));
  const chosen = (["microphone", "camera"] as const).flatMap((source) => {
    const id = room.media.sending.get(source)?.track.getSettings().deviceId;
    return id ? [[source, id] as const] : [];
  });
  return { type: "devices-found", devices: known, chosen: Object.fromEntries(chosen) };
}

function streamsOf(room: Room): Pick<CallActions, "streamOf" | "preview"> {
  let preview: MediaStream | null = null;
  return {
    streamOf(peer, picture) {
      const media = room.peers.get(peer)?.media;
      const [first, second] =
        picture === "person"
          ? (["camera", "microphone"] as const)
          : (["screen", "screen-audio"] as const);
      return (media?.get(first) ?? media?.get(second))?.stream ?? null;
    },
    preview() {
      const track = room.media.sending.get("camera")?.track;
      if (!track) preview = null;
      else if (preview?.getTracks()[0] !== track) preview = new MediaStream([track]);
      return preview;
    },
  };
}

type Buttons = Omit<CallActions, "streamOf" | "preview">;

const actionsOn = (dispatch: (event: CallEvent) => void): Buttons => ({
  start: () => dispatch({ type: "start-pressed" }),
  hangUp: () => dispatch({ type: "hang-up-pressed" }),
  toggle: (source) => dispatch({ type: `${source}-pressed` }),
  showDevices: (isShown) => dispatch({ type: isShown ? "devices-pressed" : "devices-closed" }),
  choose: (kind, id) => dispatch({ type: "device-chosen", kind, id }),
  soundRefused: () => dispatch({ type: "sound-refused" }),
  turnOnSound: () => dispatch({ type: "sound-pressed" }),
  resize: () => dispatch({ type: "size-pressed" }),
  dismissProblem: () => dispatch({ type: "problem-dismissed" }),
});
