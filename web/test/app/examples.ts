/** A room and its people, for the tests. */
import type { JoinedRoom, Person } from "../../src/app/events.js";
import type { Form } from "../../src/app/form.js";
import type { HostInvite, HostKey } from "../../src/app/host.js";
import type { Entry } from "../../src/app/log.js";
import { openRoom } from "../../src/app/room.js";
import type { Seat } from "../../src/app/seat.js";
import type { InRoom, Joining } from "../../src/app/state.js";
import { plain } from "../../src/language/isolate.js";
import { noteWords } from "../../src/views/note.js";

/** What a line of the log says. */
export const textOf = (entry: Entry): string =>
  entry.type === "text" ? entry.text : plain(noteWords(entry.what));

export const PAGE = "https://meet.example/app/?room=old&name=Ada#~x";

/** The name of a room that was created, and two invites to it. */
export const CODE = "~Qm3x-Zr9_kT0aB4cD7eF1g";
export const INVITE = "~inV1te-One_kT0aB4cD7eF";
export const INVITE_2 = "~inV1te-Two_kT0aB4cD7eF";

export const SECRET = "secretsecretsecret-_01";

export const FORM: Form = { room: "R", name: "Ada" };

/** In a tab that knows nothing of the room yet. */
export const SEAT: Seat = { secret: SECRET, inside: false };

export const DAY_MS = 86_400_000;

export const hostInvite = (change: Partial<HostInvite> = {}): HostInvite => ({
  code: INVITE,
  usesLeft: 8,
  endsAt: DAY_MS,
  ...change,
});

export const hostKey = (change: Partial<HostKey> = {}): HostKey => ({
  room: CODE,
  hostToken: "h",
  endsAt: DAY_MS,
  invite: hostInvite(),
  ...change,
});

export const BEN: Person = {
  id: "b",
  name: "Ben",
  role: "guest",
  state: "connecting",
  path: "server",
};

export const joinedRoom = (change: Partial<JoinedRoom> = {}): JoinedRoom => ({
  id: "R",
  self: { id: "a", name: "Ada", role: "host" },
  capacity: 8,
  locked: false,
  connection: "connected",
  people: [],
  ...change,
});

/** In a room that is open to everyone with the link. */
export function inRoom(change: Partial<JoinedRoom> = {}): InRoom {
  const room = joinedRoom(change);
  const view = openRoom(room, { code: room.id, invite: null, page: PAGE });
  return { phase: "room", form: FORM, problem: null, room: view };
}

/** In a room by invitation; `invite` is null in the page of a guest. */
export function inInviteRoom(
  change: Partial<JoinedRoom> = {},
  invite: HostInvite | null = hostInvite(),
): InRoom {
  const room = joinedRoom({ id: CODE, ...change });
  const view = openRoom(room, { code: invite?.code ?? INVITE, invite, page: PAGE });
  return { phase: "room", form: { room: view.code, name: "Ada" }, problem: null, room: view };
}

export const joining = (change: Partial<Joining> = {}): Joining => ({
  phase: "joining",
  form: FORM,
  seat: SEAT,
  problem: null,
  retries: 0,
  proving: false,
  ...change,
});
