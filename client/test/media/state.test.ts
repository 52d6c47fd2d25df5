import { expect, test } from "vitest";
import { groupOf, kindOf, SOURCES } from "../../src/media/sources.js";
import { parseState, stateOf } from "../../src/media/state.js";
import type { SentMedia } from "../../src/types.js";

const sent = (muted: boolean): SentMedia => ({ track: {} as MediaStreamTrack, muted });

test("what is sent comes out as it went in", () => {
  const sending = new Map([["camera", sent(true)] as const, ["microphone", sent(false)] as const]);
  const body = JSON.parse(JSON.stringify(stateOf(sending)));
  expect(body).toEqual({ camera: true, microphone: false });
  expect([...(parseState(body) ?? [])]).toEqual([
    ["camera", true],
    ["microphone", false],
  ]);
});

test("nothing is sent: an empty body", () => {
  expect(stateOf(new Map())).toEqual({});
  expect(parseState({})?.size).toBe(0);
});

test.each([[null], [[]], ["camera"], [{ camera: "on" }], [{ camera: 1 }], [{ camera: null }]])(
  "%j is no state",
  (body) => {
    expect(parseState(body)).toBeNull();
  },
);

test("a source of a newer version is left out, and the others count", () => {
  expect([...(parseState({ hologram: false, screen: true }) ?? [])]).toEqual([["screen", true]]);
  expect(parseState(JSON.parse('{"__proto__": true, "constructor": false}'))?.size).toBe(0);
});

test("the order of the slots is that of the protocol, and what belongs together is played together", () => {
  expect(SOURCES.map((source) => [source, kindOf(source), groupOf(source)])).toEqual([
    ["microphone", "audio", "person"],
    ["camera", "video", "person"],
    ["screen", "video", "screen"],
    ["screen-audio", "audio", "screen"],
  ]);
});
