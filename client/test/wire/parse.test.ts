/** Envelopes and pushes: what is taken, what is copied, and what is refused. */
import { describe, expect, test } from "vitest";
import { parseEnvelope, parsePush, readEnvelope } from "../../src/wire/parse.js";
import {
  type Candidate,
  MAX_BATCH_CANDIDATES,
  MAX_ENVELOPE_BYTES,
  MAX_SDP_CHARACTERS,
  MAX_TEXT_CHARACTERS,
} from "../../src/wire/protocol.js";

const A = "AAAAAAAAAAAAAAAA";
const MAX_SEQ = Number.MAX_SAFE_INTEGER;
const CANDIDATE: Candidate = {
  candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host",
  sdpMid: "0",
  sdpMLineIndex: 0,
  usernameFragment: "ab12",
};
const OFFER = { pc: "p1", sdp: "v=0\r\n", candidates: [CANDIDATE], restart: true, relay: true };

/** One good body for each kind. */
const BODIES: Record<string, unknown> = {
  offer: OFFER,
  answer: { pc: "p1", sdp: "v=0\r\n", answered: 5 },
  candidates: { pc: "p1", candidates: [CANDIDATE] },
  restart: { pc: "p1", refused: 7 },
  text: { text: "hello", id: "m1" },
  data: { any: ["JSON", null] },
  bye: { reason: "left" },
};
const envelope = (kind: string, body: unknown = BODIES[kind], more: object = {}) => ({
  v: 1,
  to: A,
  seq: 1,
  kind,
  body,
  ...more,
});
const bodyOf = (kind: string, body: unknown) => parseEnvelope(envelope(kind, body))?.body;
const isTaken = (kind: string, body: unknown) => parseEnvelope(envelope(kind, body)) !== null;

describe("an envelope", () => {
  test.each(Object.keys(BODIES))("of kind %s is taken as it is", (kind) => {
    expect(parseEnvelope(envelope(kind))).toEqual(envelope(kind));
  });

  test.each(Object.keys(BODIES))("of kind %s loses what the protocol does not name", (kind) => {
    const more = { ...envelope(kind), from: A, token: "secret" };
    expect(parseEnvelope(more)).toEqual(envelope(kind));
    if (kind === "data") return;
    const body = { ...(BODIES[kind] as object), token: "secret" };
    expect(bodyOf(kind, body)).toEqual(BODIES[kind]);
  });

  test("of safety words is taken, from a channel", () => {
    const said = envelope("safety", { step: "ask" });
    expect(readEnvelope(JSON.stringify(said), MAX_ENVELOPE_BYTES)).toEqual(said);
  });

  test("without a receiver has none, also if it is null", () => {
    for (const to of [undefined, null]) {
      expect(Object.keys(parseEnvelope(envelope("text", undefined, { to })) ?? {})).not.toContain(
        "to",
      );
    }
  });

  test.each([
    ["another version", { v: 2 }],
    ["a version that is text", { v: "1" }],
    ["no seq", { seq: undefined }],
    ["a negative seq", { seq: -1 }],
    ["half a seq", { seq: 0.5 }],
    ["a seq beyond 2⁵³−1", { seq: MAX_SEQ + 1 }],
    ["no kind", { kind: undefined }],
    ["a kind of tomorrow", { kind: "wave" }],
    ["a kind of an object's prototype", { kind: "constructor" }],
    ["a receiver that is none", { to: "A" }],
    ["a receiver that is a number", { to: 7 }],
    ["no body", { body: undefined }],
  ])("with %s is refused", (_, more) => {
    expect(parseEnvelope(envelope("text", BODIES.text, more))).toBeNull();
  });

  test.each([null, undefined, 1, "text", true, [envelope("text")]])(
    "that is %j is refused",
    (v) => {
      expect(parseEnvelope(v)).toBeNull();
    },
  );

  test("may have a seq of 0 and of 2⁵³−1", () => {
    for (const seq of [0, MAX_SEQ]) {
      expect(parseEnvelope(envelope("bye", {}, { seq }))?.seq).toBe(seq);
    }
  });

  test("has at most 16 levels", () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    expect(isTaken("data", deep(15))).toBe(true);
    expect(isTaken("data", deep(16))).toBe(false);
  });
});

describe("an envelope as text", () => {
  const text = (bytes: number) => {
    const body = "é".repeat(Math.floor(bytes / 2)) + "a".repeat(bytes % 2);
    return JSON.stringify({ v: 1, seq: 1, kind: "data", body });
  };
  const overhead = text(0).length;

  test("is taken up to the limit in bytes, not in characters", () => {
    const fits = text(MAX_ENVELOPE_BYTES - overhead);
    expect(readEnvelope(fits, MAX_ENVELOPE_BYTES)).not.toBeNull();
    expect(readEnvelope(`${fits} `, MAX_ENVELOPE_BYTES)).toBeNull();
    expect(fits.length).toBeLessThan(MAX_ENVELOPE_BYTES);
  });

  test.each(["", "{", "nothing", '{"v":1}', "\u0000"])("that is %j is refused", (junk) => {
    expect(readEnvelope(junk, MAX_ENVELOPE_BYTES)).toBeNull();
  });
});

describe.each(["offer", "answer"])("the body of an %s", (kind) => {
  test.each([
    ["no pc", { pc: undefined }],
    ["an empty pc", { pc: "" }],
    ["a pc of 17 characters", { pc: "p".repeat(17) }],
    ["a pc with a space", { pc: "p 1" }],
    ["no sdp", { sdp: undefined }],
    ["an empty sdp", { sdp: "" }],
    ["an sdp that is too long", { sdp: "x".repeat(MAX_SDP_CHARACTERS + 1) }],
    ["candidates that are no list", { candidates: { 0: CANDIDATE } }],
    ["candidates that are null", { candidates: null }],
    ["a restart that is text", { restart: "yes" }],
    ["a relay that is a number", { relay: 1 }],
  ])("is refused with %s", (_, changes) => {
    expect(isTaken(kind, { ...OFFER, ...changes })).toBe(false);
  });

  test("is taken at its limits", () => {
    const candidates = Array(MAX_BATCH_CANDIDATES).fill(CANDIDATE);
    const sdp = "x".repeat(MAX_SDP_CHARACTERS);
    expect(isTaken(kind, { pc: "p".repeat(16), sdp, candidates })).toBe(true);
    expect(isTaken(kind, { ...OFFER, candidates: [...candidates, CANDIDATE] })).toBe(false);
  });

  test("keeps a false apart from no member", () => {
    expect(bodyOf(kind, { pc: "p", sdp: "v", restart: false, relay: false })).toEqual({
      pc: "p",
      sdp: "v",
      restart: false,
      relay: false,
    });
    expect(bodyOf(kind, { pc: "p", sdp: "v" })).toEqual({ pc: "p", sdp: "v" });
  });
});

describe("a candidate", () => {
  const one = (changes: object) => ({ pc: "p1", candidates: [{ ...CANDIDATE, ...changes }] });

  test("may leave out all but its line, which may be empty (the end of candidates)", () => {
    const none = { sdpMid: null, sdpMLineIndex: null, usernameFragment: null };
    expect(bodyOf("candidates", { pc: "p1", candidates: [{ candidate: "" }] })).toEqual({
      pc: "p1",
      candidates: [{ candidate: "", ...none }],
    });
    expect(isTaken("candidates", one(none))).toBe(true);
  });

  test.each([
    ["no line", { candidate: undefined }],
    ["a line of 513 characters", { candidate: "x".repeat(513) }],
    ["an sdpMid that is a number", { sdpMid: 0 }],
    ["an sdpMid of 65 characters", { sdpMid: "x".repeat(65) }],
    ["an sdpMLineIndex that is text", { sdpMLineIndex: "0" }],
    ["a negative sdpMLineIndex", { sdpMLineIndex: -1 }],
    ["an sdpMLineIndex of 65,536", { sdpMLineIndex: 65_536 }],
    ["a usernameFragment of 257 characters", { usernameFragment: "x".repeat(257) }],
  ])("is refused with %s", (_, changes) => {
    expect(isTaken("candidates", one(changes))).toBe(false);
  });

  test("that is bad makes its whole batch bad", () => {
    expect(isTaken("candidates", { pc: "p1", candidates: [CANDIDATE, null] })).toBe(false);
  });

  test("needs a pc to belong to", () => {
    expect(isTaken("candidates", { candidates: [CANDIDATE] })).toBe(false);
    expect(isTaken("candidates", { pc: "p1" })).toBe(false);
    expect(isTaken("candidates", { pc: "p1", candidates: [] })).toBe(true);
  });
});

describe("the other bodies", () => {
  test.each<[string, unknown, boolean]>([
    ["restart", { pc: "p1" }, true],
    ["offer", { ...OFFER, answered: 0 }, true],
    ["answer", { ...OFFER, answered: MAX_SEQ }, true],
    ["offer", { ...OFFER, answered: -1 }, false],
    ["answer", { ...OFFER, answered: null }, false],
    ["offer", { ...OFFER, slots: ["1", "2", "3", "x".repeat(64)] }, true],
    ["offer", { ...OFFER, slots: ["1", "2", "3", "x".repeat(65)] }, false],
    ["offer", { ...OFFER, slots: ["1", "2", "3"] }, false],
    ["offer", { ...OFFER, slots: ["1", "2", "3", "4", "5"] }, false],
    ["offer", { ...OFFER, slots: null }, false],
    ["floor", { pc: "p1", granted: true }, true],
    ["floor", { pc: "p1", granted: false }, true],
    ["floor", { pc: "p1" }, false],
    ["floor", { pc: "", granted: true }, false],
    ["floor", null, false],
    ["media", { camera: false }, true],
    ["media", null, true],
    ["media", undefined, false],
    ["restart", { pc: "p1", refused: 0 }, true],
    ["restart", { pc: "p1", refused: MAX_SEQ }, true],
    ["restart", { pc: "p1", refused: -1 }, false],
    ["restart", { pc: "p1", refused: "7" }, false],
    ["restart", { pc: "p1", refused: null }, false],
    ["restart", {}, false],
    ["text", { text: "a".repeat(MAX_TEXT_CHARACTERS) }, true],
    ["text", { text: "🙂".repeat(MAX_TEXT_CHARACTERS) }, true],
    ["text", { text: "🙂".repeat(MAX_TEXT_CHARACTERS + 1) }, false],
    ["text", { text: "" }, false],
    ["text", { text: 7 }, false],
    ["text", { text: "a", id: "x".repeat(64) }, true],
    ["text", { text: "a", id: "x".repeat(65) }, false],
    ["text", { text: "a", id: null }, false],
    ["bye", {}, true],
    ["bye", { reason: "" }, true],
    ["bye", { reason: "x".repeat(65) }, false],
    ["bye", null, false],
    ["data", null, true],
    ["data", 0, true],
    ["data", "", true],
    ["data", false, true],
  ])("%s %j: %s", (kind, body, taken) => {
    expect(isTaken(kind, body)).toBe(taken);
  });
});

describe("a push", () => {
  test.each(["signal", "message"])("%s names its sender and holds the message", (target) => {
    const argument = { v: 1, from: A, seq: 5, kind: "text", body: { text: "hello" } };
    expect(parsePush(target, argument)).toEqual({
      target,
      from: A,
      seq: 5,
      message: { kind: "text", body: { text: "hello" } },
    });
    for (const from of [undefined, "", `${A}A`, 7]) {
      expect(parsePush(target, { ...argument, from })).toBeNull();
    }
    expect(parsePush(target, { ...argument, kind: "wave" })).toBeNull();
    // Safety words travel in the channel alone: no server has a say in them.
    expect(parsePush(target, { ...argument, kind: "safety", body: { step: "ask" } })).toBeNull();
  });

  test("joined names the member and its role", () => {
    const argument = { peer: A, name: "Ann", role: "host", joinedAt: 1, visit: 2 };
    expect(parsePush("joined", argument)).toEqual({
      target: "joined",
      peer: A,
      name: "Ann",
      role: "host",
      visit: 2,
    });
    expect(parsePush("joined", { ...argument, met: "proof" })).toMatchObject({ met: "proof" });
    for (const met of [7, "", null]) {
      expect(parsePush("joined", { ...argument, met })).not.toHaveProperty("met"); // told all the same
    }
    const bad = [
      { peer: "A" },
      { name: 1 },
      { role: "king" },
      { joinedAt: -1 },
      { joinedAt: null },
      { visit: "2" },
      { visit: undefined },
    ];
    for (const changes of bad) expect(parsePush("joined", { ...argument, ...changes })).toBeNull();
  });

  test.each([
    ["left", "left"],
    ["kicked", "kicked"],
    ["expired", "expired"],
    ["moved", "expired"],
  ])("left with the reason %s counts as %s", (reason, known) => {
    expect(parsePush("left", { peer: A, reason, visit: 2 })).toEqual({
      target: "left",
      peer: A,
      reason: known,
      visit: 2,
    });
  });

  test.each([
    {},
    { peer: A, visit: 1 },
    { peer: A, reason: "", visit: 1 },
    { peer: "A", reason: "left", visit: 1 },
    { peer: A, reason: "left" },
    { peer: A, reason: "left", visit: -1 },
  ])("left with %j is refused", (argument) => {
    expect(parsePush("left", argument)).toBeNull();
  });

  test("disconnected names the member whose socket went", () => {
    expect(parsePush("disconnected", { peer: A, reason: "x" })).toEqual({
      target: "disconnected",
      peer: A,
      asleep: false,
    });
    expect(parsePush("disconnected", { peer: A, asleep: true })).toMatchObject({ asleep: true });
    for (const bad of [{}, { peer: A, asleep: 1 }, { peer: A, asleep: null }]) {
      expect(parsePush("disconnected", bad)).toBeNull();
    }
  });

  test("orders are not read, and say whether the room is locked", () => {
    const argument = { orders: "o.r.d", locked: true };
    expect(parsePush("orders", { ...argument, more: 1 })).toEqual({
      target: "orders",
      ...argument,
    });
    for (const bad of [{ orders: "" }, { orders: null }, { locked: "no" }]) {
      expect(parsePush("orders", { ...argument, ...bad })).toBeNull();
    }
  });

  test("closed says why", () => {
    const argument = { code: "kicked", message: "" };
    expect(parsePush("closed", argument)).toEqual({ target: "closed", ...argument });
    expect(parsePush("closed", { code: "" })).toBeNull();
    expect(parsePush("closed", { ...argument, message: "x".repeat(1_025) })).toBeNull();
  });

  test.each([
    ["another target", "renamed", {}],
    ["no argument", "left", undefined],
    ["a list", "left", [A, "left"]],
  ])("with %s is refused", (_, target, argument) => {
    expect(parsePush(target, argument)).toBeNull();
  });
});
