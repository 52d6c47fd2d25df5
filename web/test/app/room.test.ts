import { describe, expect, it } from "vitest";
import type { RoomEvent } from "../../src/app/events.js";
import type { Entry } from "../../src/app/log.js";
import { changeRoom, openRoom, type RoomView } from "../../src/app/room.js";
import { BEN, joinedRoom, PAGE } from "./examples.js";

const open = (invite: string | null = null): RoomView => openRoom(joinedRoom(), invite, PAGE);
const after = (...events: RoomEvent[]): RoomView => events.reduce(changeRoom, open());
const texts = ({ entries }: RoomView): string[] => entries.map((entry: Entry) => entry.text);
const seen = (change: object = {}, at = 1): RoomEvent => ({
  type: "peer-seen",
  person: { ...BEN, ...change },
  at,
});
const left = (reason: "left" | "kicked" | "expired"): RoomEvent => ({
  type: "peer-left",
  id: "b",
  reason,
  at: 2,
});

describe("people", () => {
  it("are noted when they come and when they go, once each", () => {
    const room = after(
      seen(),
      seen({ state: "connected", path: "direct" }, 2),
      left("left"),
      left("left"),
    );
    expect(texts(room)).toEqual(["Ben joined", "Ben left"]);
    expect(room.people).toEqual([]);
  });

  it.each([
    ["left", "Ben left"],
    ["kicked", "Ben was removed by the host"],
    ["expired", "Ben did not come back"],
  ] as const)("who go for the reason %s are noted as: %s", (reason, words) => {
    expect(texts(after(seen(), left(reason))).at(-1)).toBe(words);
  });

  it("are noted anew when they come again", () => {
    expect(texts(after(seen(), left("expired"), seen()))).toEqual([
      "Ben joined",
      "Ben did not come back",
      "Ben joined",
    ]);
  });

  it("without a name are in the list, and are noted when their name arrives", () => {
    const nameless = after(seen({ name: "" }));
    expect(texts(nameless)).toEqual([]);
    expect(nameless.people).toHaveLength(1);
    expect(texts(changeRoom(nameless, seen()))).toEqual(["Ben joined"]);
  });

  it("who were there before us are not noted", () => {
    const room = openRoom(joinedRoom({ people: [BEN] }), null, PAGE);
    const next = changeRoom(room, seen({ state: "connected" }));
    expect(texts(next)).toEqual([]);
    expect(next.people).toMatchObject([{ id: "b", state: "connected" }]);
  });

  it("keep their place in the list when they change", () => {
    const room = after(seen(), seen({ id: "c", name: "Cleo" }), seen({ state: "failed" }));
    expect(room.people.map(({ id, state }) => [id, state])).toEqual([
      ["b", "failed"],
      ["c", "connecting"],
    ]);
  });

  it("whom we do not know change nothing when they go", () => {
    const room = open();
    expect(changeRoom(room, left("left"))).toBe(room);
  });
});

describe("messages", () => {
  const entered: RoomEvent = { type: "text-entered", text: "hello", at: 1 };

  it("of ours are on their way until the SDK says how they went", () => {
    const room = after(entered);
    expect(room.entries).toMatchObject([
      { id: 0, from: "a", name: "Ada", mine: true, text: "hello", delivery: "sending" },
    ]);
    expect(changeRoom(room, { type: "text-sent", entry: 0, via: "server" }).entries).toMatchObject([
      { delivery: "sent", via: "server" },
    ]);
    expect(
      changeRoom(room, { type: "text-failed", entry: 0, code: "closed" }).entries,
    ).toMatchObject([{ delivery: "failed" }]);
  });

  it("of others say who wrote them, how they came, and when", () => {
    const room = after({
      type: "text-received",
      from: "b",
      name: "Ben",
      text: "hi",
      via: "server",
      at: 7,
    });
    expect(room.entries).toEqual([
      {
        type: "text",
        id: 0,
        at: 7,
        from: "b",
        name: "Ben",
        text: "hi",
        via: "server",
        mine: false,
        delivery: "sent",
      },
    ]);
  });

  it("keep the name that their writer had then", () => {
    const heard: RoomEvent = {
      type: "text-received",
      from: "b",
      name: "Ben",
      text: "hi",
      via: "p2p",
      at: 1,
    };
    const room = after(seen(), heard, seen({ name: "Benjamin" }));
    expect(room.entries.at(-1)).toMatchObject({ name: "Ben" });
  });
});

describe("the connection", () => {
  const interrupted: RoomEvent = { type: "connection-changed", state: "reconnecting" };

  it("is away only while it is interrupted", () => {
    expect(after({ type: "away-time-ended" }).away).toBe(false);
    const away = after(interrupted, { type: "away-time-ended" });
    expect(away).toMatchObject({ connection: "reconnecting", away: true });
    expect(changeRoom(away, { type: "connection-changed", state: "connected" })).toMatchObject({
      connection: "connected",
      away: false,
    });
  });

  it("is not away at once when it is interrupted a second time", () => {
    const back: RoomEvent = { type: "connection-changed", state: "connected" };
    expect(after(interrupted, { type: "away-time-ended" }, back, interrupted).away).toBe(false);
  });
});

describe("the host", () => {
  it("is told that in an open room a removed member can come back", () => {
    expect(texts(after({ type: "kicked", at: 1 }))[0]).toMatch(/^This room is open/);
  });

  it("is not told so where the room is locked or by invitation", () => {
    const kicked: RoomEvent = { type: "kicked", at: 2 };
    expect(texts(changeRoom(open("i"), kicked))).toEqual([]);
    const locked = after({ type: "lock-changed", locked: true, at: 1 });
    expect(texts(changeRoom(locked, kicked))).toEqual(texts(locked));
  });

  it("sees that the lock has changed, once the backend says so", () => {
    expect(after({ type: "lock-pressed", locked: true }).locked).toBe(false);
    const locked = after({ type: "lock-changed", locked: true, at: 1 });
    expect(locked.locked).toBe(true);
    const unlocked = changeRoom(locked, { type: "lock-changed", locked: false, at: 2 });
    expect(texts(unlocked)).toEqual([
      "You locked the room: nobody new can come in.",
      "You unlocked the room.",
    ]);
  });

  it("asks for one invite at a time, and gets a new link", () => {
    const asking = changeRoom(open("i"), { type: "invite-submitted", options: {} });
    expect(asking.makingInvite).toBe(true);
    expect(changeRoom(asking, { type: "invite-made", invite: "j+k", page: PAGE })).toMatchObject({
      makingInvite: false,
      invite: "j+k",
      link: "https://meet.example/app/?room=R#invite=j%2Bk",
    });
  });

  it("keeps the old link when the invite is refused, and can ask again", () => {
    const asking = changeRoom(open("i"), { type: "invite-submitted", options: {} });
    const refused: RoomEvent = { type: "host-call-failed", call: "invite", code: "not_host" };
    expect(changeRoom(asking, refused)).toEqual({ ...asking, makingInvite: false });
    const other: RoomEvent = { type: "host-call-failed", call: "lock", code: "not_host" };
    expect(changeRoom(asking, other)).toBe(asking);
  });
});

it("links to an open room without an invite, and to another with it", () => {
  expect(open().link).toBe("https://meet.example/app/?room=R");
  expect(open("i").link).toBe("https://meet.example/app/?room=R#invite=i");
});
