import { describe, expect, it } from "vitest";
import type { RoomEvent } from "../../src/app/events.js";
import { changeRoom, isByInvite, openRoom, type RoomView } from "../../src/app/room.js";
import {
  BEN,
  CODE,
  hostInvite,
  INVITE,
  INVITE_2,
  inInviteRoom,
  inRoom,
  joinedRoom,
  PAGE,
  textOf,
} from "./examples.js";

const open = (): RoomView => inRoom().room;
const byInvite = (): RoomView => inInviteRoom().room;
const after = (...events: RoomEvent[]): RoomView => events.reduce(changeRoom, open());
const texts = ({ entries }: RoomView): string[] => entries.map(textOf);
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
    const room = inRoom({ people: [BEN] }).room;
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

describe("the lock", () => {
  const changed = (locked: boolean): RoomEvent => ({ type: "lock-changed", locked, at: 1 });
  const pressed = (locked: boolean): RoomEvent => ({ type: "lock-pressed", locked });

  it("changes once the backend says so", () => {
    expect(after(pressed(true)).locked).toBe(false);
    const locked = after(pressed(true), changed(true));
    expect(locked).toMatchObject({ locked: true, locking: null });
    expect(texts(changeRoom(changeRoom(locked, pressed(false)), changed(false)))).toEqual([
      "You locked the room: nobody new can come in.",
      "You unlocked the room.",
    ]);
  });

  it("is noted once, though both the answer and the news say it, in either order", () => {
    const both = after(pressed(true), changed(true), changed(true));
    expect(texts(both)).toEqual(["You locked the room: nobody new can come in."]);
  });

  it("is noted for guests, and for another host: the host did it", () => {
    expect(texts(after(changed(true), changed(false)))).toEqual([
      "The host locked the room: nobody new can come in.",
      "The host unlocked the room.",
    ]);
  });

  it("that we asked for in vain is not taken for ours when another host sets it later", () => {
    const failed: RoomEvent = { type: "host-call-failed", call: "lock", code: "busy" };
    expect(texts(after(pressed(true), failed, changed(true)))[0]).toMatch(/^The host locked/);
  });
});

describe("a kick", () => {
  const kicked: RoomEvent = { type: "kicked", at: 2 };

  it("in a room that is not by invitation is told to be no lasting one", () => {
    expect(texts(after(kicked))[0]).toMatch(/also the person you removed. Lock the room/);
  });

  it("in a locked room needs no word", () => {
    const locked = changeRoom(open(), { type: "lock-changed", locked: true, at: 1 });
    expect(texts(changeRoom(locked, kicked))).toEqual(texts(locked));
  });

  it("in a room by invitation says that the invite is dead, and to send the new link", () => {
    for (const locked of [false, true]) {
      const room = inInviteRoom({ locked }).room;
      expect(texts(changeRoom(room, kicked))[0]).toMatch(/lets nobody in.*Send the new link/);
    }
  });
});

describe("the link", () => {
  it("leads to what we came by: the room, or an invite to it", () => {
    expect(open().link).toBe("https://meet.example/app/?room=R");
    const created = openRoom(joinedRoom({ id: CODE }), { code: CODE, invite: null, page: PAGE });
    expect(created.link).toBe(`https://meet.example/app/#${CODE}`);
    expect(byInvite().link).toBe(`https://meet.example/app/#${INVITE}`);
  });

  it("is by invite for host and guest of an invite-only room, and for nobody else", () => {
    expect([byInvite(), inInviteRoom({}, null).room].map(isByInvite)).toEqual([true, true]);
    const created = openRoom(joinedRoom({ id: CODE }), { code: CODE, invite: null, page: PAGE });
    expect([open(), created].map(isByInvite)).toEqual([false, false]);
  });

  it("counts a use of the invite for each person who comes, however often", () => {
    const met = [seen(), left("expired"), seen(), seen({ state: "failed" })].reduce(
      changeRoom,
      byInvite(),
    );
    expect(met.invite).toEqual(hostInvite({ usesLeft: 7 }));
    expect(changeRoom(met, seen({ id: "c" })).invite?.usesLeft).toBe(6);
  });

  it("counts no use for those who were there before us", () => {
    const room = changeRoom(inInviteRoom({ people: [BEN] }).room, seen({ state: "connected" }));
    expect(room.invite?.usesLeft).toBe(8);
  });

  it("is asked for once at a time, and is another one then", () => {
    const options = { uses: 1, ttl: 60 };
    const asking = changeRoom(byInvite(), { type: "invite-submitted", options });
    expect(asking.makingInvite).toBe(true);
    const invite = hostInvite({ code: INVITE_2, usesLeft: 1 });
    const made: RoomEvent = { type: "invite-made", invite, page: PAGE, at: 1 };
    expect(changeRoom(asking, made)).toMatchObject({
      makingInvite: false,
      code: INVITE_2,
      invite,
      link: `https://meet.example/app/#${INVITE_2}`,
    });
  });

  it.each(["invite", "renew"] as const)(
    "stays when %s is refused, and can be asked for",
    (call) => {
      const asking = { ...byInvite(), makingInvite: true };
      const refused: RoomEvent = { type: "host-call-failed", call, code: "not_host" };
      expect(changeRoom(asking, refused)).toEqual({ ...asking, makingInvite: false });
      for (const other of ["lock", "kick"] as const)
        expect(changeRoom(asking, { ...refused, call: other }).makingInvite).toBe(true);
    },
  );
});
