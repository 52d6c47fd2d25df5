/**
 * Parsers for the answers of HTTP calls and hub methods. Each answers null if the value has another
 * form than docs/protocol.md says, and copies only the members that it names.
 */
import type { CreatedRoom, Invite, TurnPolicy } from "../types.js";
import { isRole, isToken, PEER, parseDescription, parsePush, ROOM } from "./parse.js";
import type { Admission, GivenOffer, Listed, Push, Reply, TurnAnswer } from "./protocol.js";
import { isCount, isNumber, isString, list, matches, record } from "./shape.js";

const CODE = /^~[A-Za-z0-9_-]{22}$/;

/** What a stamp answers to a host's decision. */
export interface Decision {
  /** Of the room, as this stamp knows it: for the other stamps. */
  orders?: string;
}

/** The answer of `POST /api/rooms`. */
export function parseCreatedRoom(value: unknown): CreatedRoom | null {
  const fields = record(value);
  if (!fields) return null;
  const { room, hostToken, invite, expiresAt, capacity, inviteOnly, turn, turnSides } = fields;
  if (!matches(room, CODE) || !isToken(hostToken)) return null;
  if (!matches(invite, CODE) || !isCount(expiresAt)) return null;
  if (!isCount(capacity) || typeof inviteOnly !== "boolean") return null;
  if (turn !== undefined && !isTurnPolicy(turn)) return null;
  if (turnSides !== undefined && turnSides !== 1 && turnSides !== 2) return null;
  return {
    ...{ room, hostToken, invite, expiresAt, capacity, inviteOnly },
    ...(turn === undefined ? {} : { turn }),
    ...(turnSides === undefined ? {} : { turnSides }),
  };
}

/** The answer of `POST /api/rooms/invite`. */
export function parseInvite(value: unknown): Invite | null {
  const fields = record(value);
  if (!fields || !matches(fields.invite, CODE)) return null;
  const { invite, expiresAt, uses } = fields;
  return isCount(expiresAt) && isCount(uses) ? { invite, expiresAt, uses } : null;
}

/** The answer of `POST /api/rooms/lock`: is the room locked now? */
export function parseLocked(value: unknown): (Decision & { locked: boolean }) | null {
  const fields = record(value);
  const decision = fields && parseDecision(fields);
  return decision && typeof fields.locked === "boolean"
    ? { ...decision, locked: fields.locked }
    : null;
}

/** The orders in the answer of kick, revoke and lock. */
export function parseDecision(value: unknown): Decision | null {
  const orders = record(value)?.orders;
  if (!isOptionalToken(orders)) return null;
  return orders === undefined ? {} : { orders };
}

/** The answer of `POST /api/negotiate`. */
export function parseAdmission(value: unknown): Admission | null {
  const a = record(value);
  if (!a) return null;
  const iceServers = list(a.iceServers, parseIceServer);
  const peers = list(a.peers, parseListed);
  const { url, accessToken, room, peer, role, name, token, ttl, capacity, locked } = a;
  if (!isString(url, 1, 4_096) || !isToken(accessToken)) return null;
  if (!matches(room, ROOM) || !matches(peer, PEER) || !isRole(role)) return null;
  if (!isString(name, 0, 128) || !isToken(token) || !isCount(ttl)) return null;
  if (!iceServers || !peers || !isCount(capacity) || typeof locked !== "boolean") return null;
  const { turn = "off", turnTtl, relayBytes } = a; // an older backend knows no TURN
  if (!isTurnPolicy(turn) || !isOptionalCount(turnTtl)) return null;
  if (!isOptionalCount(relayBytes)) return null;
  const { visit, orders, admittedAt, socketAdmittedAt } = a;
  const parked = list(a.parked ?? [], (seq) => (isCount(seq) ? seq : null));
  if (!isCount(visit) || !isOptionalToken(orders) || !isCount(admittedAt)) return null;
  if (!isOptionalCount(socketAdmittedAt)) return null;
  if (!parked) return null;
  const decided = orders === undefined ? {} : { orders };
  const place = { room, peer, role, name, token, ttl, visit, ...decided, capacity, locked };
  const relay = relayBytes === undefined ? {} : { relayBytes };
  const eager = turnTtl === undefined ? {} : { turnTtl };
  const ice = { iceServers, turn, ...relay, ...eager };
  const socket = { admittedAt, ...(socketAdmittedAt === undefined ? {} : { socketAdmittedAt }) };
  return { url, accessToken, ...place, ...ice, ...socket, parked, peers };
}

/** The answer of `POST /api/poll`; what this version does not know is left out. */
export function parsePoll(value: unknown): Push[] | null {
  const pushes = list(record(value)?.pushes, record);
  return (
    pushes?.flatMap(({ target, argument }) => {
      const push = isString(target, 1, 64) ? parsePush(target, argument) : null;
      return push ? [push] : [];
    }) ?? null
  );
}

/** The answer of `GET /api/ice`. */
export function parseIce(value: unknown): RTCIceServer[] | null {
  return list(record(value)?.iceServers, parseIceServer);
}

/** The answer of `POST /api/turn`. */
export function parseTurn(value: unknown): TurnAnswer | null {
  const fields = record(value);
  const iceServers = fields && list(fields.iceServers, parseIceServer);
  if (!iceServers || !isString(fields.level, 1, 64)) return null;
  const { granted, ttl, reason, degraded } = fields;
  if (reason !== undefined && !isString(reason, 1, 64)) return null;
  if (degraded !== undefined && typeof degraded !== "boolean") return null;
  if (granted === false) return { granted };
  return granted === true && isCount(ttl) ? { granted, iceServers, ttl } : null;
}

/**
 * The answer of a hub method: `{ok: true}`, a well-formed refusal, or null. Null is no success: a
 * hub whose answers get lost answers `null`, and then refusals are lost too.
 */
export function parseReply(value: unknown): Reply | null {
  const fields = record(value);
  if (fields?.ok === true) return { ok: true };
  if (fields?.ok !== false || !isString(fields.code, 1, 64)) return null;
  const message = isString(fields.message, 0, 1_024) ? fields.message : "";
  const refusal = { ok: false as const, code: fields.code, message };
  return isNumber(fields.retryAfter) ? { ...refusal, retryAfter: fields.retryAfter } : refusal;
}

function parseListed(value: unknown): Listed | null {
  const fields = record(value);
  if (!fields) return null;
  const { peer, name, role, visit, connected, asleep = false } = fields;
  if (!matches(peer, PEER) || !isString(name, 0, 128) || !isRole(role)) return null;
  if (!isCount(visit) || typeof connected !== "boolean" || typeof asleep !== "boolean") return null;
  const met = isToken(fields.met) ? { met: fields.met } : {};
  const listed = { peer, name, role, visit, connected, asleep, ...met };
  const offer = parseGivenOffer(fields.offer);
  return offer ? { ...listed, offer } : listed;
}

/** One that we cannot read is none: we make our own. */
function parseGivenOffer(value: unknown): GivenOffer | null {
  const fields = record(value);
  const body = fields && parseDescription(fields.body);
  if (!body || !isCount(fields.seq)) return null;
  const { seq, answered } = fields;
  if (answered === undefined) return { seq, body };
  return isCount(answered) ? { seq, body, answered } : null;
}

function isOptionalCount(value: unknown): value is number | undefined {
  return value === undefined || isCount(value);
}

function isOptionalToken(value: unknown): value is string | undefined {
  return value === undefined || isToken(value);
}

function parseIceServer(value: unknown): RTCIceServer | null {
  const fields = record(value);
  if (!fields) return null;
  const { urls, username, credential, granted } = fields;
  const one = isString(urls, 1, 512) ? urls : list(urls, (u) => (isString(u, 1, 512) ? u : null));
  if (!one) return null;
  return {
    urls: one,
    ...(isString(username, 0, 1_024) ? { username } : {}),
    ...(isString(credential, 0, 1_024) ? { credential } : {}),
    ...(isToken(granted) ? { granted } : {}), // for reports; browsers ignore it
  };
}

function isTurnPolicy(value: unknown): value is TurnPolicy {
  return value === "late" || value === "eager" || value === "off";
}
