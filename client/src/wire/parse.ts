/**
 * Parsers for envelopes and pushes. Each answers null if the value has another form than
 * docs/protocol.md says, and copies only the members that it names.
 */

import type { Role } from "../types.js";
import {
  type Candidate,
  type CandidateBatch,
  type Description,
  type Envelope,
  type Floor,
  MAX_BATCH_ACKS,
  MAX_BATCH_CANDIDATES,
  MAX_DEPTH_LEVELS,
  MAX_SDP_CHARACTERS,
  MAX_TEXT_CHARACTERS,
  type Message,
  type Network,
  type Push,
  type Restart,
  type SafetyTalk,
  SLOTS,
} from "./protocol.js";
import {
  bytes,
  isCount,
  isNotDeeperThan,
  isString,
  type Json,
  list,
  matches,
  record,
} from "./shape.js";

/** A peer id (docs/protocol.md §1). */
export const PEER = /^[A-Za-z0-9_-]{16}$/;
/** The name of an open room, or a code (docs/protocol.md §1). */
export const ROOM = /^(?:[A-Za-z0-9_-]{1,64}|~[A-Za-z0-9_-]{22})$/;
export const MAX_TOKEN_CHARACTERS = 8_192;
const PC = /^[A-Za-z0-9_-]{1,16}$/;

/** A token of a stamp. */
export const isToken = (value: unknown): value is string =>
  isString(value, 1, MAX_TOKEN_CHARACTERS);

/** An envelope from the data channel: JSON text of at most `maxBytes` bytes, and so is its SDP. */
export function readEnvelope(text: string, maxBytes: number): Envelope | null {
  if (bytes(text) > maxBytes) return null;
  try {
    return parseEnvelope(JSON.parse(text), maxBytes);
  } catch {
    return null;
  }
}

/** An envelope (docs/protocol.md §4), at most 16 levels deep. The default limit is the servers'. */
export function parseEnvelope(
  value: unknown,
  maxSdpCharacters = MAX_SDP_CHARACTERS,
): Envelope | null {
  const fields = record(value);
  const message = fields && (parseMessage(fields, maxSdpCharacters) ?? parseSafetyTalk(fields));
  if (!message || !isNotDeeperThan(value, MAX_DEPTH_LEVELS)) return null;
  const to = fields.to;
  if (to === undefined || to === null) return { v: 1, seq: fields.seq as number, ...message };
  if (!matches(to, PEER)) return null;
  return { v: 1, to, seq: fields.seq as number, ...message };
}

/** The argument of a hub target (docs/protocol.md §4). */
export function parsePush(target: string, value: unknown): Push | null {
  const fields = record(value);
  if (!fields) return null;
  switch (target) {
    case "signal":
    case "message":
      return parseDelivery(target, fields);
    case "admitted":
      return isCount(fields.admittedAt) ? { target, admittedAt: fields.admittedAt } : null;
    case "joined":
      return parseJoined(fields);
    case "left":
      return parseLeft(fields);
    case "disconnected":
      return parseDisconnected(fields);
    case "orders":
      return isToken(fields.orders) && typeof fields.locked === "boolean"
        ? { target, orders: fields.orders, locked: fields.locked }
        : null;
    case "closed":
      return isString(fields.code, 1, 64) && isString(fields.message, 0, 1_024)
        ? { target, code: fields.code, message: fields.message }
        : null;
    default:
      return null;
  }
}

function parseDelivery(target: "signal" | "message", fields: Json): Push | null {
  const message = parseMessage(fields);
  if (!message || !matches(fields.from, PEER)) return null;
  return { target, from: fields.from, seq: fields.seq as number, message };
}

function parseJoined({ peer, name, role, joinedAt, visit, met }: Json): Push | null {
  if (!matches(peer, PEER) || !isString(name, 0, 128) || !isRole(role)) return null;
  if (!isCount(joinedAt) || !isCount(visit)) return null;
  const joined = { target: "joined" as const, peer, name, role, visit };
  return isToken(met) ? { ...joined, met } : joined;
}

/** A reason of a newer backend counts as `expired`, the only one that keeps a working connection. */
function parseLeft({ peer, reason, visit }: Json): Push | null {
  if (!matches(peer, PEER) || !isString(reason, 1, 64) || !isCount(visit)) return null;
  const known = reason === "left" || reason === "kicked" ? reason : "expired";
  return { target: "left", peer, reason: known, visit };
}

function parseDisconnected({ peer, asleep = false }: Json): Push | null {
  if (!matches(peer, PEER) || typeof asleep !== "boolean") return null;
  return { target: "disconnected", peer, asleep };
}

function parseMessage(
  { v, seq, kind, body }: Json,
  maxSdpCharacters = MAX_SDP_CHARACTERS,
): Message | null {
  if (v !== 1 || !isCount(seq)) return null;
  switch (kind) {
    case "offer":
    case "answer":
      return wrap(kind, parseDescription(body, maxSdpCharacters));
    case "candidates":
      return wrap(kind, parseBatch(body));
    case "restart":
      return wrap(kind, parseRestart(body));
    case "floor":
      return wrap(kind, parseFloor(body));
    case "text":
      return wrap(kind, parseText(body));
    case "bye":
      return wrap(kind, parseBye(body));
    case "ack":
      return wrap(kind, parseAck(body));
    case "data":
    case "media":
      return body === undefined ? null : { kind, body };
    default:
      return null;
  }
}

/** Never from the servers, which are not to be trusted with it: only in envelopes. */
function parseSafetyTalk({ v, seq, kind, body }: Json): SafetyTalk | null {
  return v === 1 && isCount(seq) && kind === "safety" ? { kind, body } : null;
}

function wrap<K extends string, B>(kind: K, body: B | null): { kind: K; body: B } | null {
  return body === null ? null : { kind, body };
}

/** The body of an offer or an answer. */
export function parseDescription(
  value: unknown,
  maxSdpCharacters = MAX_SDP_CHARACTERS,
): Description | null {
  const fields = record(value);
  if (!fields || !matches(fields.pc, PC)) return null;
  if (!isString(fields.sdp, 1, maxSdpCharacters)) return null;
  const description: Description = { pc: fields.pc, sdp: fields.sdp };
  if (fields.candidates !== undefined) {
    const candidates = list(fields.candidates, parseCandidate, MAX_BATCH_CANDIDATES);
    if (!candidates) return null;
    description.candidates = candidates;
  }
  if (fields.restart !== undefined) {
    if (typeof fields.restart !== "boolean") return null;
    description.restart = fields.restart;
  }
  if (fields.relay !== undefined) {
    if (typeof fields.relay !== "boolean") return null;
    description.relay = fields.relay;
  }
  if (fields.answered !== undefined) {
    if (!isCount(fields.answered)) return null;
    description.answered = fields.answered;
  }
  if (fields.slots !== undefined) {
    const slots = list(fields.slots, (mid) => (isString(mid, 1, 64) ? mid : null), SLOTS);
    if (slots?.length !== SLOTS) return null;
    description.slots = slots;
  }
  if (!isNetwork(fields.network)) return null;
  return { ...description, ...knownNetwork(fields.network) };
}

function parseBatch(value: unknown): CandidateBatch | null {
  const fields = record(value);
  const candidates = fields && list(fields.candidates, parseCandidate, MAX_BATCH_CANDIDATES);
  return candidates && matches(fields.pc, PC) ? { pc: fields.pc, candidates } : null;
}

function parseCandidate(value: unknown): Candidate | null {
  const fields = record(value);
  if (!fields || !isString(fields.candidate, 0, 512)) return null;
  const { candidate, sdpMid = null, sdpMLineIndex = null, usernameFragment = null } = fields;
  if (sdpMid !== null && !isString(sdpMid, 0, 64)) return null;
  if (sdpMLineIndex !== null && !(isCount(sdpMLineIndex) && sdpMLineIndex <= 65_535)) return null;
  if (usernameFragment !== null && !isString(usernameFragment, 0, 256)) return null;
  return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
}

function parseRestart(value: unknown): Restart | null {
  const fields = record(value);
  if (!fields || !matches(fields.pc, PC)) return null;
  const { pc, refused, network } = fields;
  if (!(refused === undefined || isCount(refused)) || !isNetwork(network)) return null;
  return { pc, ...(refused === undefined ? {} : { refused }), ...knownNetwork(network) };
}

function parseFloor(value: unknown): Floor | null {
  const { pc, granted } = record(value) ?? {};
  return matches(pc, PC) && typeof granted === "boolean" ? { pc, granted } : null;
}

function isNetwork(value: unknown): value is string | undefined {
  return value === undefined || isString(value, 0, 32);
}

/** One that this version does not know says nothing. */
function knownNetwork(network: string | undefined): { network?: Network } {
  return network === "udp-blocked" || network === "symmetric" ? { network } : {};
}

function parseText(value: unknown): { text: string; id?: string } | null {
  const fields = record(value);
  if (!fields || !isString(fields.text, 1, MAX_TEXT_CHARACTERS)) return null;
  if (fields.id === undefined) return { text: fields.text };
  return isString(fields.id, 0, 64) ? { text: fields.text, id: fields.id } : null;
}

function parseBye(value: unknown): { reason?: string } | null {
  const fields = record(value);
  if (!fields) return null;
  if (fields.reason === undefined) return {};
  return isString(fields.reason, 0, 64) ? { reason: fields.reason } : null;
}

function parseAck(value: unknown): { seqs: number[] } | null {
  const seqs = list(record(value)?.seqs, (seq) => (isCount(seq) ? seq : null), MAX_BATCH_ACKS);
  return seqs && seqs.length > 0 ? { seqs } : null;
}

/** A role of protocol version 1. */
export function isRole(value: unknown): value is Role {
  return value === "guest" || value === "host";
}
