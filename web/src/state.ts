/** What the page shows, and every way it can change. Pure: time arrives with the action. */
import type {
  ErrorCode,
  LeftReason,
  Path,
  PeerState,
  Role,
  RoomState,
  Via,
} from "@heliograph/client";
import { joinedNote, leftNote } from "./words.js";

export const MAX_ENTRIES = 500;

export interface Form {
  readonly room: string;
  readonly name: string;
  readonly invite: string;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly state: PeerState;
  readonly path: Path;
}

export type Delivery = "sending" | "sent" | "failed";

/** A line of the log. `id` grows by one with each. */
export type Entry =
  | { readonly type: "note"; readonly id: number; readonly at: number; readonly text: string }
  | {
      readonly type: "text";
      readonly id: number;
      readonly at: number;
      readonly from: string;
      readonly name: string;
      readonly mine: boolean;
      readonly text: string;
      readonly via: Via;
      readonly delivery: Delivery;
    };

export interface RoomView {
  readonly id: string;
  readonly self: { readonly id: string; readonly name: string; readonly role: Role };
  readonly capacity: number;
  readonly locked: boolean;
  readonly link: string;
  readonly inviteOnly: boolean;
  readonly connection: RoomState;
  /** Reconnecting has taken so long that we say what it means. */
  readonly away: boolean;
  readonly people: readonly Person[];
  readonly entries: readonly Entry[];
  readonly nextEntry: number;
  /** Ids whose coming has been noted; a name may arrive after the person. */
  readonly noted: ReadonlySet<string>;
}

export interface State {
  readonly screen: "start" | "joining" | "room";
  readonly form: Form;
  /** The code of what went wrong last, until dismissed. */
  readonly problem: ErrorCode | null;
  /** Coming in waits for a proof of work. */
  readonly proving: boolean;
  readonly room: RoomView | null;
}

export type Opening = Pick<
  RoomView,
  "id" | "self" | "capacity" | "locked" | "link" | "inviteOnly" | "people" | "connection"
>;

export type Action =
  | { readonly type: "started"; readonly form: Form; readonly problem?: ErrorCode }
  | { readonly type: "joining"; readonly form: Form; readonly problem?: ErrorCode }
  | { readonly type: "proving" }
  | { readonly type: "joined"; readonly room: Opening }
  | { readonly type: "person"; readonly person: Person; readonly at: number }
  | { readonly type: "gone"; readonly id: string; readonly reason: LeftReason; readonly at: number }
  | {
      readonly type: "heard";
      readonly from: string;
      readonly name: string;
      readonly text: string;
      readonly via: Via;
      readonly at: number;
    }
  | { readonly type: "said"; readonly text: string; readonly at: number }
  | { readonly type: "delivered"; readonly entry: number; readonly via: Via }
  | { readonly type: "undelivered"; readonly entry: number }
  | { readonly type: "noted"; readonly text: string; readonly at: number }
  | { readonly type: "connection"; readonly state: RoomState }
  | { readonly type: "away" }
  | { readonly type: "locked"; readonly locked: boolean }
  | { readonly type: "linked"; readonly link: string }
  | { readonly type: "failed"; readonly code: ErrorCode }
  | { readonly type: "dismissed" };

export const START: State = {
  screen: "start",
  form: { room: "", name: "", invite: "" },
  problem: null,
  proving: false,
  room: null,
};

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "started":
      return { ...START, form: action.form, problem: action.problem ?? null };
    case "joining":
      return { ...START, screen: "joining", form: action.form, problem: action.problem ?? null };
    case "proving":
      return { ...state, proving: state.screen === "joining" };
    case "joined":
      return { ...START, screen: "room", form: state.form, room: openRoom(action.room) };
    case "failed":
      return { ...state, problem: action.code };
    case "dismissed":
      return { ...state, problem: null };
    default:
      return state.room ? { ...state, room: reduceRoom(state.room, action) } : state;
  }
}

type RoomAction = Exclude<
  Action,
  { type: "started" | "joining" | "proving" | "joined" | "failed" | "dismissed" }
>;

function reduceRoom(room: RoomView, action: RoomAction): RoomView {
  switch (action.type) {
    case "person":
      return withPerson(room, action.person, action.at);
    case "gone":
      return withoutPerson(room, action.id, action.reason, action.at);
    case "heard": {
      const { from, name, text, via, at } = action;
      return withText(room, { at, from, name, mine: false, text, via, delivery: "sent" });
    }
    case "said": {
      const { id, name } = room.self;
      const { text, at } = action;
      return withText(room, {
        at,
        from: id,
        name,
        mine: true,
        text,
        via: "p2p",
        delivery: "sending",
      });
    }
    case "delivered":
      return withDelivery(room, action.entry, { delivery: "sent", via: action.via });
    case "undelivered":
      return withDelivery(room, action.entry, { delivery: "failed" });
    case "noted":
      return withNote(room, action.text, action.at);
    case "connection":
      return {
        ...room,
        connection: action.state,
        away: room.away && action.state === "reconnecting",
      };
    case "away":
      return { ...room, away: room.connection === "reconnecting" };
    case "locked":
      return { ...room, locked: action.locked };
    case "linked":
      return { ...room, link: action.link };
  }
}

function openRoom(room: Opening): RoomView {
  const noted = new Set(room.people.map((person) => person.id));
  return { ...room, away: false, entries: [], nextEntry: 0, noted };
}

function withPerson(room: RoomView, person: Person, at: number): RoomView {
  const known = room.people.some((one) => one.id === person.id);
  const people = known
    ? room.people.map((one) => (one.id === person.id ? person : one))
    : [...room.people, person];
  const next = { ...room, people };
  if (room.noted.has(person.id) || !person.name) return next;
  return withNote(
    { ...next, noted: new Set(room.noted).add(person.id) },
    joinedNote(person.name),
    at,
  );
}

function withoutPerson(room: RoomView, id: string, reason: LeftReason, at: number): RoomView {
  const person = room.people.find((one) => one.id === id);
  if (!person) return room;
  const people = room.people.filter((one) => one !== person);
  const noted = new Set(room.noted);
  noted.delete(id);
  return withNote({ ...room, people, noted }, leftNote(person.name, reason), at);
}

type Text = Extract<Entry, { type: "text" }>;

const withText = (room: RoomView, text: Omit<Text, "id" | "type">): RoomView =>
  withEntry(room, { ...text, type: "text", id: room.nextEntry });

const withNote = (room: RoomView, text: string, at: number): RoomView =>
  withEntry(room, { type: "note", id: room.nextEntry, at, text });

function withEntry(room: RoomView, entry: Entry): RoomView {
  const entries = [...room.entries, entry].slice(-MAX_ENTRIES);
  return { ...room, entries, nextEntry: room.nextEntry + 1 };
}

function withDelivery(room: RoomView, id: number, change: Partial<Text>): RoomView {
  const entries = room.entries.map((entry) =>
    entry.id === id && entry.type === "text" ? { ...entry, ...change } : entry,
  );
  return { ...room, entries };
}
