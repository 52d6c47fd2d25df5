/** Parsers for all that comes in: null on junk, and nothing in the answer that the page does not name. */

import type { Role, TurnPolicy } from "../types.js";
import {
  type Admission,
  type Candidate,
  type CandidateBatch,
  type Description,
  type Envelope,
  type Listed,
  MAX_BATCH_CANDIDATES,
  MAX_DEPTH_LEVELS,
  MAX_SDP_CHARACTERS,
  MAX_TEXT_CHARACTERS,
  type Message,
  type Push,
  type Reply,
  type Restart,
  type TurnAnswer,
} from "./protocol.js";
import {
  bytes,
  isCount,
  isNotDeeperThan,
  isNumber,
  isString,
  type Json,
  list,
  matches,
  record,
} from "./shape.js";

/** From text of at most `most` bytes. */
export function readEnvelope(text: string, most: number): Envelope | null {
  if (bytes(text) > most) return null;
  try {
    return parseEnvelope(JSON.parse(text));
  } catch {
    return null;
  }
}

export function parseEnvelope(value: unknown): Envelope | null {
  const fields = record(value);
  const message = fields && parseMessage(fields);
  if (!message || !isNotDeeperThan(value, MAX_DEPTH_LEVELS)) return null;
  const to = fields.to;
  if (to === undefined || to === null) return { v: 1, seq: fields.seq as number, ...message };
  if (!matches(to, PEER)) return null;
  return { v: 1, to, seq: fields.seq as number, ...message };
}

export function parsePush(target: string, value: unknown): Push | null {
  const fields = record(value);
  if (!fields) return null;
  switch (target) {
    case "signal":
    case "message":
      return parseDelivery(target, fields);
    case "joined":
      return parseJoined(fields);
    case "left":
      return parseLeft(fields);
    case "disconnected":
      return matches(fields.peer, PEER) ? { target, peer: fields.peer } : null;
    case "closed":
      return isString(fields.code, 1, 64) && isString(fields.message, 0, 1_024)
        ? { target, code: fields.code, message: fields.message }
        : null;
    default:
      return null;
  }
}

export function parseAdmission(value: unknown): Admission | null {
  const a = record(value);
  if (!a) return null;
  const iceServers = list(a.iceServers, parseIceServer);
  const peers = list(a.peers, parseListed);
  const { url, accessToken, room, peer, role, name, token, expiresAt, capacity, locked } = a;
  if (!isString(url, 1, 4_096) || !isString(accessToken, 1, 8_192)) return null;
  if (!matches(room, ROOM) || !matches(peer, PEER) || !isRole(role)) return null;
  if (!isString(name, 0, 128) || !isString(token, 1, 8_192) || !isCount(expiresAt)) return null;
  if (!iceServers || !peers || !isCount(capacity) || typeof locked !== "boolean") return null;
  const { turn = "off", turnExpiresAt } = a; // an older backend knows no relays
  if (!isTurnPolicy(turn) || !(turnExpiresAt === undefined || isCount(turnExpiresAt))) return null;
  const place = { room, peer, role, name, token, expiresAt, capacity, locked };
  const relays = { iceServers, turn, ...(turnExpiresAt === undefined ? {} : { turnExpiresAt }) };
  return { url, accessToken, ...place, ...relays, peers };
}

export function parseTurn(value: unknown): TurnAnswer | null {
  const fields = record(value);
  const iceServers = fields && list(fields.iceServers, parseIceServer);
  if (!iceServers || !isString(fields.level, 1, 64)) return null;
  const { granted, expiresAt, reason, degraded } = fields;
  if (reason !== undefined && !isString(reason, 1, 64)) return null;
  if (degraded !== undefined && typeof degraded !== "boolean") return null;
  if (granted === false) return { granted };
  return granted === true && isCount(expiresAt) ? { granted, iceServers, expiresAt } : null;
}

/** A reply we cannot read counts as a yes: the service took the message. */
export function parseReply(value: unknown): Reply {
  const fields = record(value);
  if (fields?.ok !== false || !isString(fields.code, 1, 64)) return { ok: true };
  const message = isString(fields.message, 0, 1_024) ? fields.message : "";
  const refusal = { ok: false as const, code: fields.code, message };
  return isNumber(fields.retryAfter) ? { ...refusal, retryAfter: fields.retryAfter } : refusal;
}

function parseDelivery(target: "signal" | "message", fields: Json): Push | null {
  const message = parseMessage(fields);
  if (!message || !matches(fields.from, PEER)) return null;
  return { target, from: fields.from, seq: fields.seq as number, message };
}

function parseJoined({ peer, name, role, joinedAt }: Json): Push | null {
  if (!matches(peer, PEER) || !isString(name, 0, 128) || !isRole(role)) return null;
  return isCount(joinedAt) ? { target: "joined", peer, name, role } : null;
}

/** A reason of a newer backend counts as `expired`, the only one that keeps a working connection. */
function parseLeft({ peer, reason }: Json): Push | null {
  if (!matches(peer, PEER) || !isString(reason, 1, 64)) return null;
  const known = reason === "left" || reason === "kicked" ? reason : "expired";
  return { target: "left", peer, reason: known };
}

function parseListed(value: unknown): Listed | null {
  const fields = record(value);
  if (!fields) return null;
  const { peer, name, role } = fields;
  if (!matches(peer, PEER) || !isString(name, 0, 128) || !isRole(role)) return null;
  const offer = record(fields.offer);
  const body = offer && parseDescription(offer.body);
  // An offer we cannot read is no offer: we make our own.
  return offer && body && isCount(offer.seq)
    ? { peer, name, role, offer: { seq: offer.seq, body } }
    : { peer, name, role };
}

function parseIceServer(value: unknown): RTCIceServer | null {
  const fields = record(value);
  if (!fields) return null;
  const { urls, username, credential } = fields;
  const one = isString(urls, 1, 512) ? urls : list(urls, (u) => (isString(u, 1, 512) ? u : null));
  if (!one) return null;
  return {
    urls: one,
    ...(isString(username, 0, 1_024) ? { username } : {}),
    ...(isString(credential, 0, 1_024) ? { credential } : {}),
  };
}

function parseMessage({ v, seq, kind, body }: Json): Message | null {
  if (v !== 1 || !isCount(seq)) return null;
  switch (kind) {
    case "offer":
    case "answer":
      return wrap(kind, parseDescription(body));
    case "candidates":
      return wrap(kind, parseBatch(body));
    case "restart":
      return wrap(kind, parseRestart(body));
    case "text":
      return wrap(kind, parseText(body));
    case "bye":
      return wrap(kind, parseBye(body));
    case "data":
      return body === undefined ? null : { kind, body };
    default:
      return null;
  }
}

function wrap<K extends string, B>(kind: K, body: B | null): { kind: K; body: B } | null {
  return body === null ? null : { kind, body };
}

function parseDescription(value: unknown): Description | null {
  const fields = record(value);
  if (!fields || !matches(fields.pc, PC) || !isString(fields.sdp, 1, MAX_SDP_CHARACTERS))
    return null;
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
  return description;
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
  if (fields.refused === undefined) return { pc: fields.pc };
  return isCount(fields.refused) ? { pc: fields.pc, refused: fields.refused } : null;
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

const ROOM = /^[A-Za-z0-9_-]{1,64}$/;
const PEER = /^[A-Za-z0-9_-]{16}$/;
const PC = /^[A-Za-z0-9_-]{1,16}$/;

function isTurnPolicy(value: unknown): value is TurnPolicy {
  return value === "late" || value === "eager" || value === "off";
}

function isRole(value: unknown): value is Role {
  return value === "guest" || value === "host";
}
