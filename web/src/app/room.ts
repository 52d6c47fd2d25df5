/**
 * What the page shows of the room it is in, and how each event changes it. Pure: time arrives with
 * the event. Whether an event also asks the outside world for something is decided in `step.ts`.
 */
import type { LeftReason } from "@heliograph/client";
import type { JoinedRoom, Person, RoomEvent } from "./events.js";
import { type HostInvite, withUse } from "./host.js";
import { makeLink } from "./link.js";
import { EMPTY_LOG, type Log, withDelivery, withMessage, withNote } from "./log.js";

/** Everything that the page shows of a room. */
export interface RoomView extends JoinedRoom, Log {
  /** To what the link leads: the room's name, or an invite to it. */
  readonly code: string;
  /** The account of that invite, in the page of the host who made it. */
  readonly invite: HostInvite | null;
  /** The link to send. */
  readonly link: string;
  /** The backend has been asked for another invite and has not answered yet. */
  readonly makingInvite: boolean;
  /** What we have asked the lock to be; null if we have not, or it is so now. */
  readonly locking: boolean | null;
  /** Reconnecting takes so long that the page explains what it means. */
  readonly away: boolean;
  /** Ids of those whose arrival has a note, or needs none. A name can arrive after its member. */
  readonly noted: ReadonlySet<string>;
  /** Ids of all who have been here while we were: whoever comes back spends no use of an invite. */
  readonly met: ReadonlySet<string>;
}

/** How we came in. */
export interface Way {
  /** The name of the room, or an invite. */
  readonly code: string;
  /** The invite of a host. */
  readonly invite: HostInvite | null;
  /** The address of the page; the link to send has its host and path. */
  readonly page: string;
}

/** The room as we find it. */
export function openRoom(room: JoinedRoom, { code, invite, page }: Way): RoomView {
  const ids = room.people.map(({ id }) => id);
  return {
    ...room,
    ...EMPTY_LOG,
    code,
    invite,
    link: makeLink(new URL(page), code),
    makingInvite: false,
    locking: null,
    away: false,
    noted: new Set(ids),
    met: new Set(ids),
  };
}

/** The link lets in whoever the invite in it lets in; any other link lets in everybody. */
export const isByInvite = ({ id, code }: Pick<RoomView, "id" | "code">): boolean => id !== code;

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
  "text-sent": (room, { entry, via }) =>
    withDelivery(room, entry, { delivery: via === "nobody" ? "failed" : "sent", via }),
  "text-failed": (room, { entry }) => withDelivery(room, entry, { delivery: "failed" }),
  "text-settled": (room, { entry, missed }) =>
    withDelivery(room, entry, {
      delivery: missed.length > 0 ? "undelivered" : "delivered",
      missed,
    }),
  "connection-changed": (room, { state }) => ({
    ...room,
    connection: state,
    away: room.away && state === "reconnecting",
  }),
  "away-time-ended": (room) => ({ ...room, away: room.connection === "reconnecting" }),
  "kick-pressed": unchanged,
  kicked: (room, { at }) => {
    const byInvite = isByInvite(room);
    // Nobody comes back into a locked room: there is nothing to say.
    return byInvite || !room.locked ? withNote(room, { type: "kicked", byInvite }, at) : room;
  },
  "lock-pressed": (room, { locked }) => ({ ...room, locking: locked }),
  "lock-changed": withLock,
  "invite-submitted": (room) => ({ ...room, makingInvite: true }),
  "invite-made": (room, { invite, page }) => ({
    ...room,
    code: invite.code,
    invite,
    link: makeLink(new URL(page), invite.code),
    makingInvite: false,
  }),
  "invite-due": unchanged,
  "host-call-failed": (room, { call }) => {
    if (call === "lock") return { ...room, locking: null };
    return call === "kick" ? room : { ...room, makingInvite: false };
  },
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
  const next = { ...metBy(room, person.id), people };
  if (room.noted.has(person.id) || !person.name) return next;
  const noted = new Set(room.noted).add(person.id);
  return withNote({ ...next, noted }, { type: "joined", name: person.name }, at);
}

/** Who has not been here before has come by the invite in the link, as far as we can tell. */
function metBy(room: RoomView, id: string): RoomView {
  if (room.met.has(id)) return room;
  const invite = room.invite && withUse(room.invite);
  return { ...room, invite, met: new Set(room.met).add(id) };
}

function withLock(
  room: RoomView,
  { locked, at }: { readonly locked: boolean; readonly at: number },
): RoomView {
  const next = { ...room, locked, locking: null };
  if (locked === room.locked) return next;
  const ours = room.locking === locked;
  return withNote(next, { type: "lock-changed", locked, ours }, at);
}

function withoutPerson(room: RoomView, id: string, reason: LeftReason, at: number): RoomView {
  const person = room.people.find((one) => one.id === id);
  if (!person) return room;
  const people = room.people.filter((one) => one !== person);
  const noted = new Set(room.noted);
  noted.delete(id);
  const what = { type: "left", name: person.name, reason } as const;
  return withNote({ ...room, people, noted }, what, at);
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
    to: room.people,
  });
}
