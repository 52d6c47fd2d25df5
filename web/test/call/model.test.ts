import { describe, expect, it } from "vitest";
import {
  type Call,
  type CallEvent,
  goesOn,
  hasPicture,
  isMute,
  NO_CALL,
} from "../../src/call/model.js";
import { after, BOTH, call, caller, inCall, MUTED, ON } from "./examples.js";

const PRESS: CallEvent = { type: "start-pressed" };
const HANG_UP: CallEvent = { type: "hang-up-pressed" };
const FAILED: CallEvent = { type: "not-started", code: "media_denied" };
const ENDED: CallEvent = { type: "ended" };
const MORE: CallEvent = { type: "sending", sources: BOTH };
const LESS: CallEvent = { type: "sending", sources: {} };
const starting = call({ mine: "starting" });

describe("our part", () => {
  it.each<[Call["mine"], CallEvent, Call["mine"], string[]]>([
    ["out", PRESS, "starting", ["take-part"]],
    ["starting", PRESS, "starting", []],
    ["in", PRESS, "in", []],
    ["out", MORE, "in", []],
    ["starting", MORE, "in", []],
    ["in", MORE, "in", []],
    ["out", LESS, "out", []],
    ["starting", LESS, "starting", []],
    ["in", LESS, "in", []],
    ["out", FAILED, "out", []],
    ["starting", FAILED, "out", []],
    ["in", FAILED, "in", []],
    ["out", HANG_UP, "out", []],
    ["starting", HANG_UP, "out", ["stop-all"]],
    ["in", HANG_UP, "out", ["stop-all"]],
    ["out", ENDED, "out", []],
    ["starting", ENDED, "out", []],
    ["in", ENDED, "out", []],
  ])("is %s, and after %j it is %s", (mine, event, next, effects) => {
    const [state, done] = after(call({ mine }), event);
    expect([state.mine, done.map(({ type }) => type)]).toEqual([next, effects]);
  });

  it("does not come back while what we have sent ends, source by source", () => {
    const [left] = after(inCall(), HANG_UP, { type: "sending", sources: { camera: ON } }, LESS);
    expect(left).toMatchObject({ mine: "out", sending: {} });
  });

  it("says why it could not begin, until it is tried again", () => {
    const [refused] = after(starting, FAILED);
    expect(refused.problem).toEqual({ what: "call", code: "media_denied" });
    expect(after(refused, PRESS)[0].problem).toBeNull();
    expect(after(refused, { type: "problem-dismissed" })[0].problem).toBeNull();
    expect(after(call(), FAILED)[0].problem).toBeNull(); // hung up meanwhile
  });

  it("is gone with the room, and so are the others", () => {
    const [ended] = after(inCall({ callers: [caller("b")] }), ENDED);
    expect(ended).toEqual(call());
  });
});

describe("the buttons", () => {
  it.each<[CallEvent["type"], Call["sending"], object[]]>([
    ["microphone-pressed", BOTH, [{ type: "mute", source: "microphone", muted: true }]],
    [
      "microphone-pressed",
      { microphone: MUTED },
      [{ type: "mute", source: "microphone", muted: false }],
    ],
    ["microphone-pressed", {}, [{ type: "start", source: "microphone" }]],
    ["camera-pressed", BOTH, [{ type: "stop", source: "camera" }]],
    ["camera-pressed", { camera: MUTED }, [{ type: "mute", source: "camera", muted: false }]],
    ["camera-pressed", {}, [{ type: "start", source: "camera" }]],
    ["screen-pressed", BOTH, [{ type: "start", source: "screen" }]],
    ["screen-pressed", { screen: ON }, [{ type: "stop", source: "screen" }]],
  ])("%s while we send %j asks for %j", (type, sending, effects) => {
    expect(after(inCall({ sending }), { type } as CallEvent)[1]).toEqual(effects);
    expect(after(call({ sending }), { type } as CallEvent)[1]).toEqual([]);
  });

  it("opens a source once, however often it is pressed", () => {
    const press: CallEvent = { type: "screen-pressed" };
    const [opening, effects] = after(inCall(), press, press);
    expect([opening.opening, effects]).toEqual([["screen"], []]);
    expect(after(opening, { type: "opened", source: "screen" })[0].opening).toEqual([]);
  });

  it.each([
    ["camera", "media_busy", { what: "camera", code: "media_busy" }],
    ["screen", "unsupported", { what: "screen", code: "unsupported" }],
    ["screen", "media_denied", null], // the choice was closed
    ["camera", "aborted", null],
    ["camera", "closed", null],
  ] as const)("says of %s that could not be opened for %s: %j", (source, code, problem) => {
    const press: CallEvent = { type: source === "screen" ? "screen-pressed" : "camera-pressed" };
    const before = inCall({ sending: {} });
    const [state] = after(before, press, { type: "not-opened", source, code });
    expect(state).toMatchObject({ opening: [], problem });
  });

  it("says nothing of a device that fails after we have hung up", () => {
    const late: CallEvent = { type: "not-opened", source: "camera", code: "media_busy" };
    expect(after(inCall(), HANG_UP, late)[0].problem).toBeNull();
  });
});

describe("the others", () => {
  const here = call({ members: [caller("b"), caller("c")] });
  const hear = (peer: string, sources = BOTH): CallEvent => ({ type: "received", peer, sources });

  it("are in it in the order in which they began, as long as they send", () => {
    const [both] = after(here, hear("c"), hear("b"), hear("c", { microphone: MUTED }));
    expect(both.callers.map(({ id }) => id)).toEqual(["c", "b"]);
    expect(both.callers[0]?.sources).toEqual({ microphone: MUTED });
    expect(after(both, hear("c", {}))[0].callers.map(({ id }) => id)).toEqual(["b"]);
  });

  it("are in it as long as they are in the room, by the name they have now", () => {
    const [both] = after(here, hear("b"), hear("c"));
    const members = [caller("c", {}, "Cleo")];
    const [state] = after(both, { type: "members-changed", members });
    expect(state.callers).toEqual([caller("c", BOTH, "Cleo")]);
    expect(after(state, hear("b"))[0].callers).toHaveLength(1);
  });

  it("make a call without us", () => {
    expect(goesOn(here)).toBe(false);
    expect(goesOn(after(here, hear("b"))[0])).toBe(true);
    expect(goesOn(inCall())).toBe(true);
    expect(goesOn(starting)).toBe(false);
  });

  it.each([
    [BOTH, true, false],
    [{ microphone: ON, camera: MUTED }, false, false],
    [{ microphone: MUTED, camera: ON }, true, true],
    [{ screen: ON }, false, true],
  ])("who send %j have a picture: %s, and are mute: %s", (sources, picture, mute) => {
    expect([hasPicture(sources), isMute(sources)]).toEqual([picture, mute]);
  });
});

describe("devices", () => {
  const devices = [{ kind: "camera", id: "2", label: "" }] as const;
  const found: CallEvent = { type: "devices-found", devices, chosen: { camera: "1" } };
  const choose = (kind: "camera" | "speaker", id = "2"): CallEvent => ({
    ...{ type: "device-chosen", kind, id },
  });

  it("are looked for when they are wanted, and shown until they are not", () => {
    const [asked, effects] = after(inCall(), { type: "devices-pressed" });
    expect([asked.devices, effects]).toEqual([[], [{ type: "find-devices" }]]);
    const [shown] = after(asked, found);
    expect(shown).toMatchObject({ devices, chosen: { camera: "1" } });
    const [closed] = after(shown, { type: "devices-closed" });
    expect(closed.devices).toBeNull();
    expect(after(closed, found)[0]).toBe(closed); // one was plugged in
  });

  it("are used at once if they are on, and else when they are turned on", () => {
    const use = [{ type: "use", source: "camera", deviceId: "2" }];
    expect(after(inCall(), choose("camera"))[1]).toEqual(use);
    const [off, effects] = after(inCall({ sending: {} }), choose("camera"));
    expect(effects).toEqual([]);
    const start = [{ type: "start", source: "camera", deviceId: "2" }];
    expect(after(off, { type: "camera-pressed" })[1]).toEqual(start);
  });

  it("are forgotten when they do not work", () => {
    const failed: CallEvent = { type: "not-opened", source: "camera", code: "media_not_found" };
    const [state] = after(inCall({ sending: {} }), choose("camera"), failed);
    expect(after(state, { type: "camera-pressed" })[1]).toEqual([
      { type: "start", source: "camera" },
    ]);
  });

  it("play where it was chosen", () => {
    const [state, effects] = after(inCall(), choose("speaker"));
    expect([state.chosen.speaker, effects]).toEqual(["2", []]);
  });
});

it("remembers that sound was refused until somebody turns it on, and the size of the stage", () => {
  const [silent] = after(NO_CALL, { type: "sound-refused" }, { type: "size-pressed" });
  expect(silent).toMatchObject({ isSilent: true, isSmall: true });
  const [loud] = after(silent, { type: "sound-pressed" }, { type: "size-pressed" });
  expect(loud).toEqual(NO_CALL);
  expect(after(silent, PRESS)[0].isSilent).toBe(false);
});
