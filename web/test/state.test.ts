import { expect, it } from "vitest";
import {
  type Action,
  type Entry,
  MAX_ENTRIES,
  type Person,
  reduce,
  START,
  type State,
} from "../src/state.js";

const form = { room: "R", name: "Ada", invite: "" };
const ben: Person = { id: "b", name: "Ben", role: "guest", state: "connecting", path: "server" };

const opened: Action = {
  type: "joined",
  room: {
    id: "R",
    self: { id: "a", name: "Ada", role: "host" },
    capacity: 8,
    locked: false,
    link: "https://x.example/?room=R",
    inviteOnly: false,
    connection: "connected",
    people: [],
  },
};

const after = (...actions: Action[]): State => [opened, ...actions].reduce(reduce, START);
const entries = (state: State): readonly Entry[] => state.room?.entries ?? [];
const texts = (state: State): string[] => entries(state).map((entry) => entry.text);

it("goes from the form to the room and back, and the problem goes with it", () => {
  const joining = reduce(START, { type: "joining", form, problem: "busy" });
  expect(joining).toMatchObject({ screen: "joining", form, problem: "busy", room: null });
  const inside = reduce(joining, opened);
  expect(inside).toMatchObject({ screen: "room", problem: null });
  const out = reduce(inside, { type: "started", form, problem: "kicked" });
  expect(out).toMatchObject({ screen: "start", form, problem: "kicked", room: null });
});

it("says that a proof is being made only while coming in", () => {
  expect(reduce(START, { type: "proving" }).proving).toBe(false);
  const proving = reduce(reduce(START, { type: "joining", form }), { type: "proving" });
  expect(proving).toMatchObject({ screen: "joining", form, proving: true });
  expect(reduce(proving, opened)).toMatchObject({ screen: "room", form, proving: false });
  expect(reduce(proving, { type: "started", form }).proving).toBe(false);
});

it("notes who comes and who goes, once each", () => {
  const state = after(
    { type: "person", person: ben, at: 1 },
    { type: "person", person: { ...ben, state: "connected", path: "direct" }, at: 2 },
    { type: "gone", id: "b", reason: "left", at: 3 },
    { type: "gone", id: "b", reason: "left", at: 4 },
  );
  expect(texts(state)).toEqual(["Ben joined", "Ben left"]);
  expect(state.room?.people).toEqual([]);
});

it("waits for a name before it notes who came", () => {
  const nameless = after({ type: "person", person: { ...ben, name: "" }, at: 1 });
  expect(texts(nameless)).toEqual([]);
  expect(nameless.room?.people).toHaveLength(1);
  expect(texts(reduce(nameless, { type: "person", person: ben, at: 2 }))).toEqual(["Ben joined"]);
});

it("does not note those who were there before us", () => {
  const joined = { ...opened, room: { ...opened.room, people: [ben] } };
  const state = [
    joined,
    { type: "person", person: { ...ben, state: "connected" }, at: 1 } as const,
  ].reduce(reduce, START);
  expect(texts(state)).toEqual([]);
  expect(state.room?.people).toMatchObject([{ id: "b", state: "connected" }]);
});

it("follows a message of ours from the field to the others", () => {
  const said = after({ type: "said", text: "hello", at: 1 });
  expect(entries(said)).toMatchObject([{ id: 0, mine: true, name: "Ada", delivery: "sending" }]);
  expect(entries(reduce(said, { type: "delivered", entry: 0, via: "server" }))).toMatchObject([
    { delivery: "sent", via: "server" },
  ]);
  expect(entries(reduce(said, { type: "undelivered", entry: 0 }))).toMatchObject([
    { delivery: "failed" },
  ]);
});

it("marks how a message came", () => {
  const state = after({ type: "heard", from: "b", name: "Ben", text: "hi", via: "server", at: 1 });
  expect(entries(state)).toMatchObject([{ mine: false, via: "server", delivery: "sent" }]);
});

it("keeps the last 500 entries and never reuses an id", () => {
  let state = after();
  for (let n = 0; n < MAX_ENTRIES + 20; n += 1)
    state = reduce(state, {
      type: "heard",
      from: "b",
      name: "Ben",
      text: `${n}`,
      via: "p2p",
      at: n,
    });
  expect(entries(state)).toHaveLength(MAX_ENTRIES);
  expect(entries(state)[0]).toMatchObject({ id: 20, text: "20" });
  expect(state.room?.nextEntry).toBe(MAX_ENTRIES + 20);
});

it("says that the backend is away only while it is", () => {
  expect(after({ type: "away" }).room?.away).toBe(false);
  const away = after({ type: "connection", state: "reconnecting" }, { type: "away" });
  expect(away.room?.away).toBe(true);
  expect(reduce(away, { type: "connection", state: "connected" }).room?.away).toBe(false);
});

it("ignores what a room says after we have left it", () => {
  const left = after({ type: "started", form });
  expect(reduce(left, { type: "person", person: ben, at: 1 })).toBe(left);
});

it("shows a problem until it is dismissed, without leaving the room", () => {
  const failed = after({ type: "failed", code: "not_host" });
  expect(failed).toMatchObject({ screen: "room", problem: "not_host" });
  expect(reduce(failed, { type: "dismissed" }).problem).toBeNull();
});
