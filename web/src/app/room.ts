/**
 * What the page shows of the room it is in, and how each event changes it. Pure: time arrives with
 * the event. Whether an event also asks the outside world for something is decided in `step.ts`.
 */
import type { LeftReason } from "@heliograph/client";

import { joinedNote, leftNote, lockNote, OPEN_ROOM_NOTE } from "../words/room.js";
import type { JoinedRoom, Person, RoomEvent } from "./events.js";
import { makeLink } from "./link.js";
import { EMPTY_LOG, type Log, withDelivery, withMessage, withNote } from "./log.js";

/** Everything that the page shows of a room. */
export interface RoomView extends JoinedRoom, Log {
  /** The invite of the link; null in a room that is open to everyone. */
  readonly invite: string | null;
  /** The link to send. */
  readonly link: string;
  /** The backend has been asked for another invite and has not answered yet. */
  readonly makingInvite: boolean;
  /** Reconnecting takes so long that the page explains what it means. */
  readonly away: boolean;
  /** Ids of those whose arrival has a note, or needs none. A name can arrive after its member. */
  readonly noted: ReadonlySet<string>;
}

/** `page` is the address of the page; the link to send has its host and path. */
export function openRoom(room: JoinedRoom, invite: string | null, page: string): RoomView {
  return {
    ...room,
    ...EMPTY_LOG,
    invite,
    link: makeLink(new URL(page), room.id, invite ?? ""),
    makingInvite: false,
    away: false,
    noted: new Set(room.people.map(({ id }) => id)),
  };
}

type Changes = {
  readonly [T in RoomEvent["type"]]: (
    room: RoomView,
    event: Extract<RoomEvent, { readonly type: T }>,
  ) => RoomView;
};

const unchanged = (room: RoomView): RoomView => room;

const CHANGES: Changes = {
  "peer-seen": (room, { person, at }) => withPerson(room, person, at),
  "peer-left": (room, { id, reason, at }) => withoutPerson(room, id, reason, at),
  "text-received": (room, { type: _, ...message }) =>
    withMessage(room, { ...message, mine: false, delivery: "sent" }),
  "text-entered": (room, { text, at }) => withOwnMessage(room, text, at),
  "text-sent": (room, { entry, via }) => withDelivery(room, entry, { delivery: "sent", via }),
  "text-failed": (room, { entry }) => withDelivery(room, entry, { delivery: "failed" }),
  "connection-changed": (room, { state }) => ({
    ...room,
    connection: state,
    away: room.away && state === "reconnecting",
  }),
  "away-time-ended": (room) => ({ ...room, away: room.connection === "reconnecting" }),
  "kick-pressed": unchanged,
  kicked: (room, { at }) =>
    room.invite === null && !room.locked ? withNote(room, OPEN_ROOM_NOTE, at) : room,
  "lock-pressed": unchanged,
  "lock-changed": (room, { locked, at }) => withNote({ ...room, locked }, lockNote(locked), at),
  "invite-submitted": (room) => ({ ...room, makingInvite: true }),
  "invite-made": (room, { invite, page }) => ({
    ...room,
    invite,
    link: makeLink(new URL(page), room.id, invite),
    makingInvite: false,
  }),
  "host-call-failed": (room, { call }) =>
    call === "invite" ? { ...room, makingInvite: false } : room,
  "problem-reported": unchanged,
  "problem-dismissed": unchanged,
};

/** The room after `event`; the same object if nothing in it changes. */
export function changeRoom(room: RoomView, event: RoomEvent): RoomView {
  const change = CHANGES[event.type] as (room: RoomView, event: RoomEvent) => RoomView;
  return change(room, event);
}

function withPerson(room: RoomView, person: Person, at: number): RoomView {
  const known = room.people.some(({ id }) => id === person.id);
  const people = known
    ? room.people.map((one) => (one.id === person.id ? person : one))
    : [...room.people, person];
  const next = { ...room, people };
  if (room.noted.has(person.id) || !person.name) return next;
  const noted = new Set(room.noted).add(person.id);
  return withNote({ ...next, noted }, joinedNote(person.name), at);
}

function withoutPerson(room: RoomView, id: string, reason: LeftReason, at: number): RoomView {
  const person = room.people.find((one) => one.id === id);
  if (!person) return room;
  const people = room.people.filter((one) => one !== person);
  const noted = new Set(room.noted);
  noted.delete(id);
  return withNote({ ...room, people, noted }, leftNote(person.name, reason), at);
}

function withOwnMessage(room: RoomView, text: string, at: number): RoomView {
  const { id, name } = room.self;
  // `via` is corrected when the SDK says how it went.
  return withMessage(room, {
    from: id,
    name,
    text,
    at,
    mine: true,
    via: "p2p",
    delivery: "sending",
  });
}
