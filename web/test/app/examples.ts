/** A room and its people, for the tests. */
import type { JoinedRoom, Person } from "../../src/app/events.js";
import type { Form } from "../../src/app/form.js";
import { openRoom } from "../../src/app/room.js";
import type { InRoom, Joining } from "../../src/app/state.js";

export const PAGE = "https://meet.example/app/?room=old&name=Ada#invite=x";

export const FORM: Form = { room: "R", name: "Ada", invite: "" };

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

export const inRoom = (change: Partial<JoinedRoom> = {}, invite: string | null = null): InRoom => ({
  phase: "room",
  form: FORM,
  problem: null,
  room: openRoom(joinedRoom(change), invite, PAGE),
});

export const joining = (change: Partial<Joining> = {}): Joining => ({
  phase: "joining",
  form: FORM,
  seat: {},
  problem: null,
  retries: 0,
  proving: false,
  ...change,
});
