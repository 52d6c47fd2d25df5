/** The call of the SDK's room, as the page follows it. */
import type { ErrorCode, MediaSource, Peer, PeerMedia } from "@heliograph/client";
import { beforeEach, expect, it } from "vitest";
import type { Call } from "../../src/call/model.js";
import { type CallActions, followCall } from "../../src/edge/call.js";
import type { CallWorld } from "../../src/edge/my-media.js";
import { type MemoryTrack, streamOf, track } from "./memory-media.js";
import { MemoryRoom, peer } from "./memory-sdk.js";

let room: MemoryRoom;
let shown: Call[];
const last = (): Call => shown.at(-1) as Call;
const turn = () => new Promise((resolve) => setTimeout(resolve));

let opened: MemoryTrack[];
/** Why microphone and camera cannot be had at once. */
let refusal: string | null;
let isForbidden: boolean;
let opening: Promise<void>;
const WORLD: CallWorld = {
  async openBoth() {
    await opening;
    if (refusal) throw new DOMException("", refusal);
    opened = [track("audio"), track("video")];
    return streamOf(...opened);
  },
  isCameraForbidden: async () => isForbidden,
  canShare: true,
};
const follow = (): CallActions => followCall(room, WORLD, (call) => void shown.push(call));

async function inCall(): Promise<CallActions> {
  const actions = follow();
  actions.start();
  await turn();
  return actions;
}

const refuse = (source: MediaSource, ...codes: ErrorCode[]) =>
  room.media.refusals.set(source, codes);
const asked = (name: string) =>
  room.media.calls.filter(([call]) => call === name).map(([, source]) => source);

beforeEach(() => {
  room = new MemoryRoom("R", "Ada");
  shown = [];
  opened = [];
  refusal = null;
  isForbidden = false;
  opening = Promise.resolve();
});

/** A peer that sends these. */
function sender(id: string, ...sources: MediaSource[]): Peer {
  const stream = { id: `of ${id}` } as MediaStream;
  const media = new Map<MediaSource, PeerMedia>();
  for (const source of sources) media.set(source, { track: track("video"), stream, muted: false });
  const made = peer({ id, name: id, media, state: "connected" });
  room.peers.set(id, made);
  return made;
}

function hear(from: Peer, source: MediaSource = "camera"): void {
  const media = from.media.get(source);
  const { track: its = null, stream = null, muted = false } = media ?? {};
  room.emit("media", { peer: from, source, track: its, stream, muted });
}

it("starts with microphone and camera, which are asked for at once", async () => {
  await inCall();
  expect(room.media.calls).toEqual([
    ["start", "microphone", { track: opened[0] }],
    ["start", "camera", { track: opened[1] }],
  ]);
  expect(shown.map(({ mine }) => mine).filter((one, at, all) => one !== all[at - 1])).toEqual([
    "out",
    "starting",
    "in",
  ]);
});

it.each<[string, Partial<Record<MediaSource, ErrorCode>>, Call["problem"]]>([
  ["there is no camera", { camera: "media_not_found" }, null],
  ["it is in use", { camera: "media_busy" }, { what: "camera", code: "media_busy" }],
  [
    "there is no microphone",
    { microphone: "media_not_found" },
    { what: "microphone", code: "media_not_found" },
  ],
])("takes what there is: %s", async (_, codes, problem) => {
  refusal = "NotFoundError";
  for (const [source, code] of Object.entries(codes)) refuse(source as MediaSource, code);
  await inCall();
  expect(asked("start")).toEqual(["microphone", "camera"]);
  expect(last()).toMatchObject({ mine: "in", problem });
});

it.each<[ErrorCode, ErrorCode, ErrorCode]>([
  ["unsupported", "unsupported", "unsupported"],
  ["media_not_found", "media_busy", "media_busy"],
  ["media_not_found", "media_not_found", "media_not_found"],
])("says why nothing works: %s and %s", async (microphone, camera, code) => {
  refusal = "TypeError";
  refuse("microphone", microphone);
  refuse("camera", camera);
  await inCall();
  expect(last()).toMatchObject({ mine: "out", problem: { what: "call", code } });
});

it("does not ask a second time who has just said no", async () => {
  refusal = "NotAllowedError";
  await inCall();
  expect(room.media.calls).toEqual([]);
  expect(last()).toMatchObject({ mine: "out", problem: { what: "call", code: "media_denied" } });
});

it("takes the microphone where only the camera was forbidden before", async () => {
  refusal = "NotAllowedError";
  isForbidden = true;
  refuse("camera", "media_denied");
  await inCall();
  expect([...room.media.sending.keys()]).toEqual(["microphone"]);
  expect(last()).toMatchObject({ mine: "in", problem: { what: "camera", code: "media_denied" } });
});

it("stops what was opened after the person had hung up", async () => {
  let answer = (): void => {};
  opening = new Promise((resolve) => {
    answer = resolve;
  });
  const actions = follow();
  actions.start();
  actions.hangUp();
  answer();
  await turn();
  expect(opened.map(({ stopped }) => stopped)).toEqual([true, true]);
  expect(asked("start")).toEqual([]);
  expect(last().mine).toBe("out");
});

it("hangs up: stops all, and the room goes on", async () => {
  const actions = await inCall();
  actions.toggle("screen");
  await turn();
  actions.hangUp();
  expect(room.media.sending.size).toBe(0);
  expect(opened.map(({ stopped }) => stopped)).toEqual([true, true]);
  expect(last()).toMatchObject({ mine: "out", sending: {} });
  expect(room.calls).toEqual([]);
});

it("gives the devices back when the room has ended", async () => {
  await inCall();
  room.emit("closed", { code: "kicked", message: "" });
  expect(opened.map(({ stopped }) => stopped)).toEqual([true, true]);
  expect(last()).toMatchObject({ mine: "out", callers: [] });
});

it("mutes the microphone, and puts the lamp of the camera out", async () => {
  const actions = await inCall();
  actions.toggle("microphone");
  expect(room.media.sending.get("microphone")?.muted).toBe(true);
  expect(last().sending.microphone).toEqual({ muted: true });
  actions.toggle("camera");
  expect(opened.map(({ stopped }) => stopped)).toEqual([false, true]);
  expect(last().sending.camera).toBeUndefined();
  actions.toggle("camera");
  await turn();
  expect(last()).toMatchObject({ sending: { camera: { muted: false } }, opening: [] });
});

it("shares the screen with its sound", async () => {
  (await inCall()).toggle("screen");
  await turn();
  expect(room.media.calls.at(-1)).toEqual(["start", "screen", { audio: true }]);
});

it("takes another device, and gives back the one it has where only one can be open", async () => {
  const actions = await inCall();
  refuse("camera", "media_busy");
  actions.choose("camera", "2");
  await turn();
  expect(room.media.calls.slice(2)).toEqual([
    ["use", "camera", "2"],
    ["use", "camera", "2"],
  ]);
  expect([opened[1]?.stopped, last().problem]).toEqual([true, null]);
  expect(room.media.sending.get("camera")?.track.getSettings().deviceId).toBe("2");
});

it("is without a camera where the other one does not work either", async () => {
  const actions = await inCall();
  refuse("camera", "media_busy", "media_busy");
  actions.choose("camera", "2");
  await turn();
  expect(last()).toMatchObject({
    ...{ mine: "in", sending: { microphone: { muted: false } } },
    problem: { what: "camera", code: "media_busy" },
  });
  expect(last().sending.camera).toBeUndefined();
});

it("lists the devices that can be chosen, and those in use", async () => {
  const actions = await inCall();
  const device = (kind: string, deviceId: string) => ({ kind, deviceId, label: "L" });
  room.media.found = [
    device("audioinput", "m"),
    device("videoinput", ""),
    device("audiooutput", "s"),
  ] as MediaDeviceInfo[];
  actions.showDevices(true);
  await turn();
  expect(last().devices).toEqual([
    { kind: "microphone", id: "m", label: "L" },
    { kind: "speaker", id: "s", label: "L" },
  ]);
  expect(last().chosen).toEqual({ microphone: "default", camera: "default" });
  room.emit("devices", { devices: [] });
  expect(last().devices).toEqual([]);
});

it("shows who sends, also who did before it was loaded, and until they go", () => {
  const ben = sender("ben", "camera", "microphone");
  const actions = follow();
  expect(last().callers).toMatchObject([{ id: "ben", sources: { camera: { muted: false } } }]);
  const cleo = sender("cleo", "screen");
  hear(cleo, "screen");
  expect(last().callers.map(({ id }) => id)).toEqual(["ben", "cleo"]);
  expect(actions.streamOf("ben", "person")).toBe(ben.media.get("camera")?.stream);
  expect(actions.streamOf("ben", "screen")).toBeNull();
  expect(actions.streamOf("cleo", "screen")).toBe(cleo.media.get("screen")?.stream);
  room.peers.delete("ben");
  room.emit("peer-left", { peer: ben, reason: "left" });
  (cleo.media as Map<MediaSource, PeerMedia>).clear();
  hear(cleo, "screen");
  expect(last().callers).toEqual([]);
  expect(actions.streamOf("ben", "person")).toBeNull();
});

it("is in the call when somebody starts it in the console", async () => {
  follow();
  await room.media.start("camera");
  expect(last()).toMatchObject({ mine: "in", sending: { camera: { muted: false } } });
});
