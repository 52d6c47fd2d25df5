/**
 * All parsers of the client against inputs from a seed: junk, and what is right with a few places
 * changed. None throws, and what one takes it takes again, unchanged. `FUZZ_SEED` and
 * `FUZZ_SECONDS` try other seeds for longer (`make fuzz`).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseFileMessage } from "../../src/files/messages.js";
import { fingerprintIn } from "../../src/safety/fingerprints.js";
import { parseSafety } from "../../src/safety/messages.js";
import * as answers from "../../src/wire/answers.js";
import { parseEnvelope, parsePush, readEnvelope } from "../../src/wire/parse.js";
import { parseChallenge } from "../../src/wire/proof.js";
import { MAX_ENVELOPE_BYTES } from "../../src/wire/protocol.js";
import { parseJson } from "../../src/wire/shape.js";
import { Random } from "../peer/model/random.js";

const A = "AAAAAAAAAAAAAAAA";
const FINGERPRINT = `a=fingerprint:sha-256 ${Array(32).fill("0A").join(":")}`;
const SDP = `v=0\r\n${FINGERPRINT}\r\na=setup:actpass\r\n`;
const ADMISSION = {
  ...{ url: "https://x/client/", accessToken: "t", room: "r", peer: A, role: "guest", name: "Ann" },
  ...{ token: "t", ttl: 60, iceServers: [{ urls: ["stun:x"] }], turn: "late", capacity: 8 },
  ...{ peers: [{ peer: A, name: "", role: "host", visit: 1, connected: true }], locked: false },
  ...{ visit: 1, admittedAt: 1, parked: [1] },
};
/** What is right, by what reads it. */
const RIGHT: Record<string, unknown> = {
  offer: { v: 1, seq: 1, kind: "offer", body: { pc: "p", sdp: SDP, slots: ["0", "1", "2", "3"] } },
  restart: { v: 1, to: A, seq: 2, kind: "restart", body: { pc: "p", refused: 1 } },
  text: { v: 1, seq: 3, kind: "text", body: { text: "hi", id: "1" } },
  ack: { v: 1, seq: 4, kind: "ack", body: { seqs: [1, 2] } },
  delivery: { v: 1, from: A, seq: 1, kind: "text", body: { text: "hi" } },
  joined: { peer: A, name: "Ann", role: "guest", joinedAt: 1, visit: 1 },
  left: { peer: A, reason: "left", visit: 1 },
  admission: ADMISSION,
  reply: { ok: false, code: "rate_limited", message: "x", retryAfter: 1 },
  turn: {
    iceServers: [{ urls: ["turn:x"], username: "u", credential: "c" }],
    granted: true,
    level: "normal",
    ttl: 9,
  },
  invite: { invite: `~${"a".repeat(22)}`, expiresAt: 1, uses: 1 },
};
const TARGETS = ["signal", "message", "joined", "left", "disconnected", "orders", "closed", "x"];
const ODD = [null, true, 0, -1, 0.5, 2 ** 53, Number.MAX_SAFE_INTEGER, "", "\0", "\ud800", "é"];

function anything(chance: Random, depth = 3): unknown {
  const kind = Math.floor(chance.between(0, depth ? 4 : 2));
  if (kind === 2) return Array.from({ length: 3 }, () => anything(chance, depth - 1));
  if (kind === 3)
    return { [chance.pick(["v", "body", "__proto__", "x"])]: anything(chance, depth - 1) };
  return kind === 0 ? chance.pick(ODD) : "x".repeat(chance.pick([0, 1, 16, 64, 65, 5_000]));
}

/** The value with one place changed. */
function changed(chance: Random, right: unknown): unknown {
  if (chance.chance(0.15) || typeof right !== "object" || right === null) return anything(chance);
  const names = Object.keys(right);
  if (names.length === 0) return anything(chance);
  const name = chance.pick(names);
  const copy = structuredClone(right) as Record<string, unknown>;
  if (chance.chance(0.2)) delete copy[name];
  else copy[name] = changed(chance, copy[name]);
  return copy;
}

function scrambled(chance: Random, text: string): string {
  const place = Math.floor(chance.between(0, text.length));
  const more = chance.pick(["", '"', "}", "\\", "\0", "a=", ":"]);
  return text.slice(0, place) + more + text.slice(place + Math.floor(chance.between(0, 3)));
}

/** Every parser that takes a JSON value, with what it takes. */
const PARSERS: Record<string, (value: unknown, chance: Random) => unknown> = {
  envelope: (value) => parseEnvelope(value),
  push: (value, chance) => parsePush(chance.pick(TARGETS), value),
  admission: answers.parseAdmission,
  created: answers.parseCreatedRoom,
  invite: answers.parseInvite,
  locked: answers.parseLocked,
  decision: answers.parseDecision,
  poll: answers.parsePoll,
  ice: answers.parseIce,
  turn: answers.parseTurn,
  reply: answers.parseReply,
  challenge: parseChallenge,
  safety: parseSafety,
};

/** One input for every parser. */
function feed(chance: Random): void {
  const right = chance.pick(Object.values(RIGHT));
  const value = chance.chance(0.3) ? right : changed(chance, right);
  for (const parse of Object.values(PARSERS)) parse(value, chance);
  const envelope = parseEnvelope(value);
  if (envelope) expect(parseEnvelope(structuredClone(envelope))).toEqual(envelope);
  const text = scrambled(chance, JSON.stringify(value) ?? "");
  const read = readEnvelope(text, MAX_ENVELOPE_BYTES);
  if (read) expect(readEnvelope(JSON.stringify(read), MAX_ENVELOPE_BYTES)).toEqual(read);
  parseJson(text);
  parseFileMessage(text);
  const found = fingerprintIn(scrambled(chance, SDP));
  if (found !== null) expect(found.length).toBeGreaterThan(0);
}

function run(seed: number): void {
  const chance = new Random(seed);
  for (let input = 0; input < 100; input += 1) feed(chance);
}

const SEEDS = new URL("../../../tests/fuzz/seeds.json", import.meta.url);
const kept: number[] = JSON.parse(readFileSync(SEEDS, "utf8")).client;
const first = Number(process.env.FUZZ_SEED ?? 1);
const seconds = Number(process.env.FUZZ_SECONDS ?? 0);

describe("whatever comes in, no parser throws", () => {
  test("with seeds that are always the same, and those that have failed before", () => {
    for (const seed of [...Array(20).keys(), ...kept]) run(seed);
  });

  test("with others, for as long as is asked", { timeout: 1_000 * seconds + 20_000 }, () => {
    const until = performance.now() + 1_000 * seconds;
    for (let seed = first; performance.now() < until; seed += 1) {
      expect(() => run(seed), `seed ${seed}`).not.toThrow();
    }
  });

  test("and what is right is taken", () => {
    expect(Object.values(RIGHT).filter((value) => parseEnvelope(value))).toHaveLength(5);
    expect(answers.parseAdmission(RIGHT.admission)).not.toBeNull();
    expect(answers.parseTurn(RIGHT.turn)).not.toBeNull();
    expect(answers.parseInvite(RIGHT.invite)).not.toBeNull();
    expect(parsePush("joined", RIGHT.joined)).not.toBeNull();
    expect(fingerprintIn(SDP)).not.toBeNull();
  });
});
