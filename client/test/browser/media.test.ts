/** `room.media` between two real connections: microphone, camera and screen, without collisions. */
import { afterEach, expect, test, vi } from "vitest";
import type { MediaSource } from "../../src/types.js";
import { MediaPair, track } from "./media-pair.js";
import { bothUp, type PairOptions, until } from "./pair.js";

let media: MediaPair;
afterEach(() => {
  media.close();
  vi.restoreAllMocks();
});

const BOTH_ORDERS: [PairOptions["starts"]][] = [[["offer", "wait"]], [["wait", "offer"]]];
const MEDIA_MS = 5_000;
const SIDES = ["impolite", "polite"] as const;
const other = (side: "impolite" | "polite") => (side === "polite" ? "impolite" : "polite");

async function up(
  options?: PairOptions,
  given?: ConstructorParameters<typeof MediaPair>[1],
): Promise<void> {
  media = new MediaPair(options, given);
  await bothUp(media.pair);
}

/** As the other side sees it: on, muted or missing. */
const seen = (side: "impolite" | "polite", source: MediaSource) => {
  const it = media[other(side)].received.get(source);
  return it ? (it.muted ? "muted" : "on") : "off";
};

test.each(SIDES)("the %s side starts its camera: one negotiation, and it is seen", async (side) => {
  await up();
  const rounds = media.watchRounds();
  const started = await media[side].door.start("camera");
  expect(started.kind).toBe("video");
  await until(() => seen(side, "camera") === "on", MEDIA_MS);
  await media[other(side)].flows("camera", MEDIA_MS);
  await media.stable();
  expect(rounds.count).toBe(2); // each side once
  expect(media.pair[other(side)].tracks).toEqual([]); // the event `track` is for others
});

test.each(BOTH_ORDERS)(
  "both start all at once: one negotiation, nothing refused: %j",
  async (starts) => {
    await up({ starts });
    const rounds = media.watchRounds();
    for (const { door } of media.sides) {
      void door.start("microphone");
      void door.start("camera");
    }
    for (const side of media.sides) {
      await until(() => side.received.size === 2, MEDIA_MS);
      await side.flows("microphone");
      await side.flows("camera");
    }
    await media.stable();
    expect(rounds.count).toBe(2);
    expect(media.pair.sides.flatMap(({ failures }) => failures)).toEqual([]);
    for (const { peer } of media.pair.sides) {
      expect(peer.connection.getTransceivers()).toHaveLength(4);
    }
  },
);

test.each([...BOTH_ORDERS, [["offer", "offer"]] as [PairOptions["starts"]]])(
  "tracks that are there before the meeting ride in the first negotiation: %j",
  async (starts) => {
    const given = () => ({ microphone: track("audio"), camera: track("video") });
    media = new MediaPair({ starts, delay: 20 }, { impolite: given(), polite: given() });
    await bothUp(media.pair);
    const rounds = media.watchRounds();
    for (const side of media.sides) {
      await until(() => side.received.size === 2, MEDIA_MS);
      await side.flows("microphone");
      await side.flows("camera");
    }
    await media.stable();
    expect(rounds.count).toBe(0); // after the first
    for (const { peer } of media.pair.sides) {
      expect(peer.connection.getTransceivers()).toHaveLength(4);
    }
  },
);

test("an offer with the slots can wait for a member whose socket is not open yet", async () => {
  media = new MediaPair({ starts: ["offer", "wait"] }, { polite: { camera: track("video") } });
  await bothUp(media.pair);
  const descriptions = media.pair.sides.flatMap(({ sent }) =>
    sent.filter(({ kind }) => kind === "offer" || kind === "answer"),
  );
  expect(descriptions.map(({ kind }) => kind).sort()).toEqual(["answer", "offer"]);
  for (const { body } of descriptions) {
    expect(JSON.stringify(body)).toContain("m=video");
    expect(JSON.stringify(body).length).toBeLessThan(8_192); // signaling/mail.py
    expect(JSON.stringify(body)).not.toMatch(/ tcp /i); // no path between browsers
  }
});

test("the answering side needs no tracks to make the slots, and starts without a negotiation", async () => {
  media = new MediaPair({ starts: ["offer", "wait"] }, { polite: { camera: track("video") } });
  await bothUp(media.pair);
  await media.impolite.flows("camera");
  const rounds = media.watchRounds();
  await media.impolite.door.start("microphone");
  await media.polite.flows("microphone");
  expect(rounds.count).toBe(0);
});

test("ten screens in a row, from either side, cost no negotiation", async () => {
  await up();
  await media.polite.door.start("microphone", { track: track("audio") });
  await media.impolite.flows("microphone");
  await media.stable();
  const rounds = media.watchRounds();
  for (let n = 0; n < 10; n += 1) {
    const side = SIDES[n % 2] as (typeof SIDES)[number];
    const screen = track("video");
    await media[side].door.start("screen", { track: screen });
    await until(() => seen(side, "screen") === "on", MEDIA_MS);
    await media[other(side)].flows("screen");
    media[side].door.stop("screen");
    await until(() => seen(side, "screen") === "off", MEDIA_MS);
    expect(screen.readyState).toBe("live"); // it is the application's
  }
  expect(rounds.count).toBe(0);
  for (const { peer } of media.pair.sides) {
    expect(peer.connection.getTransceivers()).toHaveLength(4);
  }
});

test("the screen is opened with its sound, if that is wanted, and ends with it", async () => {
  const stream = new MediaStream([track("video"), track("audio")]);
  const asked = vi.spyOn(navigator.mediaDevices, "getDisplayMedia").mockResolvedValue(stream);
  await up();
  await media.polite.door.start("screen", { audio: true });
  expect(asked).toHaveBeenCalledWith({ video: {}, audio: true });
  await until(() => seen("polite", "screen") === "on" && seen("polite", "screen-audio") === "on");
  const { received } = media.impolite;
  expect(received.get("screen")?.stream).toBe(received.get("screen-audio")?.stream);
  await media.impolite.flows("screen-audio");
  media.polite.door.stop("screen");
  await until(() => received.size === 0);
  expect(stream.getTracks().map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
});

test("muted, nothing is sent, and the track goes on; unmuted, it comes at once", async () => {
  await up();
  const mine = await media.polite.door.start("camera");
  await media.impolite.flows("camera");
  media.polite.door.mute("camera", true);
  await until(() => seen("polite", "camera") === "muted");
  await media.impolite.stops("camera");
  expect([mine.readyState, mine.enabled]).toEqual(["live", true]);
  expect(media.polite.door.sending.get("camera")).toMatchObject({ muted: true });
  const rounds = media.watchRounds();
  media.polite.door.mute("camera", false);
  await until(() => seen("polite", "camera") === "on");
  await media.impolite.flows("camera");
  expect(rounds.count).toBe(0);
});

test("a mute that follows a start at once is not overtaken by it", async () => {
  await up();
  await media.polite.door.start("microphone", { track: track("audio") });
  await media.impolite.flows("microphone");
  media.polite.door.stop("microphone");
  await media.polite.door.start("microphone", { track: track("audio") });
  media.polite.door.mute("microphone", true);
  await until(() => seen("polite", "microphone") === "muted");
  await media.impolite.stops("microphone");
});

test("another device goes out in place of the first, muted or not as that was", async () => {
  await up();
  const [first] = (await media.polite.door.devices()).filter(({ kind }) => kind === "videoinput");
  const before = await media.polite.door.start("camera");
  await media.impolite.flows("camera");
  media.polite.door.mute("camera", true);
  const rounds = media.watchRounds();
  const after = await media.polite.door.use("camera", first?.deviceId ?? "");
  expect(after).not.toBe(before);
  expect(before.readyState).toBe("ended");
  expect(media.polite.door.sending.get("camera")).toMatchObject({ track: after, muted: true });
  media.polite.door.mute("camera", false);
  await media.impolite.flows("camera");
  expect(rounds.count).toBe(0);
});

test("a track that ends counts as stopped, and is told", async () => {
  await up();
  const mine = await media.polite.door.start("camera");
  await until(() => seen("polite", "camera") === "on");
  mine.stop(); // a browser says `ended` when a device is unplugged, and not when a page stops it
  mine.dispatchEvent(new Event("ended"));
  await until(() => seen("polite", "camera") === "off");
  expect(media.polite.sending.at(-1)).toEqual({ source: "camera", track: null, muted: false });
});

test("the stream of a peer stays, and holds what is sent now", async () => {
  await up();
  await media.polite.door.start("microphone", { track: track("audio") });
  await until(() => seen("polite", "microphone") === "on");
  const stream = media.impolite.received.get("microphone")?.stream;
  await media.polite.door.start("camera", { track: track("video") });
  await until(() => seen("polite", "camera") === "on");
  expect(media.impolite.received.get("camera")?.stream).toBe(stream);
  expect(stream?.getTracks()).toHaveLength(2);
  media.polite.door.stop("microphone");
  await until(() => stream?.getTracks().length === 1);
  expect(media.impolite.heard.map(({ source, track: is }) => [source, is !== null])).toEqual([
    ["microphone", true],
    ["camera", true],
    ["microphone", false],
  ]);
});

test("after a replaced connection everything is there again, in the same stream", async () => {
  await up();
  await media.polite.door.start("camera");
  await media.impolite.door.start("microphone", { track: track("audio") });
  await media.impolite.flows("camera");
  const stream = media.impolite.received.get("camera")?.stream;
  const before = media.pair.impolite.peer.connection;
  before.close();
  await until(() => media.pair.impolite.peer.connection !== before, 12_000);
  await bothUp(media.pair, 12_000);
  await until(() => media.impolite.received.get("camera")?.track.readyState === "live");
  await media.impolite.flows("camera");
  await media.polite.flows("microphone");
  expect(media.impolite.received.get("camera")?.stream).toBe(stream);
});

test("who has loaded its page again and sends nothing is not shown any more", async () => {
  await up();
  await media.polite.door.start("camera");
  await media.impolite.flows("camera");
  media.polite.reload();
  media.pair.polite.peer.connection.close();
  await until(() => media.impolite.received.size === 0, 12_000);
});

test("tracks of the application's own go beside it", async () => {
  await up();
  const [video, own] = [track("video"), track("video")];
  await media.polite.door.start("camera", { track: video });
  // Not `addTrack`: a browser may put that track into one of the slots (RFC 8829 §5.10).
  media.pair.polite.peer.connection.addTransceiver(own);
  media.pair.impolite.peer.connection.addTransceiver(track("audio"));
  await until(() => media.pair.sides.every(({ tracks }) => tracks.length === 1), MEDIA_MS);
  await media.impolite.flows("camera");
  expect(media.impolite.received.get("camera")?.track).not.toBe(media.pair.impolite.tracks[0]);
  expect(media.pair.sides.flatMap(({ failures }) => failures)).toEqual([]);
});

test.each([
  ["NotAllowedError", "media_denied"],
  ["SecurityError", "media_denied"],
  ["NotFoundError", "media_not_found"],
  ["OverconstrainedError", "media_not_found"],
  ["NotReadableError", "media_busy"],
  ["AbortError", "media_busy"],
])("what the browser calls %s is %s", async (name, code) => {
  media = new MediaPair();
  const refusal = new DOMException("no", name);
  vi.spyOn(navigator.mediaDevices, "getUserMedia").mockRejectedValue(refusal);
  await expect(media.polite.door.start("camera")).rejects.toMatchObject({ code });
  expect(media.polite.door.sending.size).toBe(0);
});

/** What the browser is asked for, and how it answers. */
function asking(answer: (wanted: MediaStreamConstraints) => Promise<MediaStream> | null) {
  const { mediaDevices } = navigator;
  const get = mediaDevices.getUserMedia.bind(mediaDevices);
  const asked: string[][] = [];
  vi.spyOn(mediaDevices, "getUserMedia").mockImplementation(async (wanted = {}) => {
    asked.push(Object.keys(wanted).sort());
    return answer(wanted) ?? get(wanted);
  });
  return asked;
}

const startBoth = () =>
  Promise.allSettled([
    media.polite.door.start("camera"),
    media.polite.door.start("microphone", { constraints: { echoCancellation: false } }),
  ]);

test("camera and microphone started together are one question to the user", async () => {
  media = new MediaPair();
  const asked = asking(() => null);
  const [camera, microphone] = await startBoth();
  expect(asked).toEqual([["audio", "video"]]);
  expect(camera).toMatchObject({ value: { kind: "video", readyState: "live" } });
  expect(microphone).toMatchObject({ value: { kind: "audio", readyState: "live" } });
  await media.polite.door.start("camera");
  expect(asked[1]).toEqual(["video"]);
});

test("where one of the two is missing, the other is opened", async () => {
  media = new MediaPair();
  const missing = new DOMException("no", "NotFoundError");
  const asked = asking(({ video }) => (video ? Promise.reject(missing) : null));
  const [camera, microphone] = await startBoth();
  expect(camera).toMatchObject({ reason: { code: "media_not_found" } });
  expect(microphone).toMatchObject({ value: { kind: "audio" } });
  expect(asked.slice(1).sort()).toEqual([["audio"], ["video"]]);
  expect([...media.polite.door.sending.keys()]).toEqual(["microphone"]);
});

test("who has said no to both is not asked again", async () => {
  media = new MediaPair();
  const asked = asking(() => Promise.reject(new DOMException("no", "NotAllowedError")));
  for (const each of await startBoth()) {
    expect(each).toMatchObject({ reason: { code: "media_denied" } });
  }
  expect(asked).toHaveLength(1);
});

test("a device that is not there is not found, by the browser itself", async () => {
  media = new MediaPair();
  const start = media.polite.door.start("camera", { deviceId: "none" });
  await expect(start).rejects.toMatchObject({ code: "media_not_found" });
});

test("a busy device is asked for again when the one that we have is given back", async () => {
  media = new MediaPair();
  const mine = await media.polite.door.start("camera");
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  vi.spyOn(navigator.mediaDevices, "getUserMedia").mockImplementation((constraints) =>
    mine.readyState === "live"
      ? Promise.reject(new DOMException("busy", "NotReadableError"))
      : get(constraints),
  );
  const next = await media.polite.door.start("camera");
  expect([mine.readyState, next.readyState]).toEqual(["ended", "live"]);
});

test("a track of the wrong kind, or one that has ended, is refused", async () => {
  media = new MediaPair();
  const ended = track("video");
  ended.stop();
  for (const wrong of [track("audio"), ended]) {
    const start = media.polite.door.start("camera", { track: wrong });
    await expect(start).rejects.toMatchObject({ code: "invalid_options" });
  }
  const sound = media.polite.door.start("screen-audio");
  await expect(sound).rejects.toMatchObject({ code: "unsupported" });
});

test("of tracks that are given to join the wrong one is an error, and the others go out", async () => {
  const given = { camera: track("audio"), microphone: track("audio") };
  media = new MediaPair({ starts: ["offer", "wait"] }, { polite: given });
  await bothUp(media.pair);
  await media.impolite.flows("microphone");
  expect(media.polite.errors).toEqual(["invalid_options"]);
  expect([...media.polite.door.sending.keys()]).toEqual(["microphone"]);
});

test("what is stopped while its device opens is not sent, and the device is given back", async () => {
  media = new MediaPair();
  await media.polite.door.devices(); // loads it
  let opened: MediaStreamTrack | undefined;
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  vi.spyOn(navigator.mediaDevices, "getUserMedia").mockImplementation(async (constraints) => {
    const stream = await get(constraints);
    opened = stream.getTracks()[0];
    return stream;
  });
  const start = media.polite.door.start("camera");
  await Promise.resolve();
  media.polite.door.stop("camera");
  await expect(start).rejects.toMatchObject({ code: "aborted" });
  expect(opened?.readyState).toBe("ended");
  expect(media.polite.door.sending.size).toBe(0);
});

test("at the end what was opened is stopped, and what was given is not", async () => {
  await up();
  const mine = await media.polite.door.start("camera");
  const given = track("audio");
  await media.polite.door.start("microphone", { track: given });
  media.polite.door.close();
  expect([mine.readyState, given.readyState]).toEqual(["ended", "live"]);
});

test("plugging a device in is told", async () => {
  media = new MediaPair();
  const kinds = (await media.polite.door.devices()).map(({ kind }) => kind);
  expect(kinds).toContain("audioinput");
  expect(kinds).toContain("videoinput");
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  await until(() => media.polite.devices === 1);
});
