import { HeliographError } from "@heliograph/client";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/app/log.js";
import { CODE, INVITE, INVITE_2, textOf } from "../app/examples.js";
import { MemoryRoom, peer, refusal } from "./memory-sdk.js";
import { MemoryWorld, settled } from "./memory-world.js";
import { FORM, Page, pageInRoom, pageOfHost, secret } from "./page.js";

const entries = ({ state }: Page): readonly Entry[] =>
  state.phase === "room" ? state.room.entries : [];
const host = (): MemoryRoom => new MemoryRoom("R", "Ada", "host");

describe("what the room says", () => {
  it("is shown: who comes, how they are connected, and why they go", async () => {
    const { page, room } = await pageInRoom();
    room.emit("peer-joined", { peer: peer() });
    room.emit("peer-updated", { peer: peer({ state: "connected", path: "direct" }) });
    expect(page.state).toMatchObject({
      room: { people: [{ id: "b", state: "connected", path: "direct" }] },
    });
    room.emit("peer-left", { peer: peer(), reason: "expired" });
    expect(entries(page).map(textOf)).toEqual(["Ben joined", "Ben did not come back"]);
  });

  it("is a copy: a peer that changes later does not change what is shown", async () => {
    const { page, room } = await pageInRoom();
    const live = { ...peer() };
    room.emit("peer-joined", { peer: live });
    live.state = "failed";
    expect(page.state).toMatchObject({ room: { people: [{ state: "connecting" }] } });
  });

  it("has the time of the clock", async () => {
    const { page, room, world } = await pageInRoom();
    world.pass(500);
    room.emit("text", { from: peer(), text: "hi", via: "server", broadcast: true });
    expect(entries(page)).toMatchObject([{ at: 1_500, name: "Ben", text: "hi", via: "server" }]);
  });

  it("is not said twice: errors that the connection and the list show already", async () => {
    const { page, room } = await pageInRoom();
    room.emit("error", { code: "backend_away", message: "" });
    room.emit("error", { code: "connection_failed", message: "" });
    expect(page.state.problem).toBeNull();
    room.emit("error", { code: "rate_limited", message: "" });
    expect(page.state.problem).toBe("rate_limited");
    page.app.dismiss();
    expect(page.state.problem).toBeNull();
  });
});

describe("an interrupted connection", () => {
  it("is explained after 8 seconds", async () => {
    const { page, room, world } = await pageInRoom();
    room.change("reconnecting");
    world.pass(7_999);
    expect(page.state).toMatchObject({ room: { connection: "reconnecting", away: false } });
    world.pass(1);
    expect(page.state).toMatchObject({ room: { away: true } });
    room.change("connected");
    expect(page.state).toMatchObject({ room: { connection: "connected", away: false } });
  });

  it("that is short is not explained, and the next one has its 8 seconds", async () => {
    const { page, room, world } = await pageInRoom();
    room.change("reconnecting");
    world.pass(5_000);
    room.change("connected");
    room.change("reconnecting");
    world.pass(5_000);
    expect(page.state).toMatchObject({ room: { away: false } });
    world.pass(3_000);
    expect(page.state).toMatchObject({ room: { away: true } });
  });

  it("is counted once, however often the SDK says it", async () => {
    const { room, world } = await pageInRoom();
    for (let times = 0; times < 3; times += 1) room.change("reconnecting");
    expect(world.waiting).toBe(1);
  });

  it("is not counted any more after the room", async () => {
    const { page, room, world } = await pageInRoom();
    room.change("reconnecting");
    page.app.leave();
    expect(world.waiting).toBe(0);
  });
});

describe("one of two stamps that is away", () => {
  it.each(["backend_away", "unavailable", "busy"])(
    "is nothing to tell (%s): the room is connected",
    async (code) => {
      const { page, room, world } = await pageInRoom();
      const before = page.state;
      room.emit("error", { code, message: "" });
      world.pass(60_000);
      expect(page.state).toBe(before);
    },
  );
});

describe("a message", () => {
  it("is shown at once, and then how it went", async () => {
    const { page, room } = await pageInRoom();
    room.answers.via = "server";
    page.app.say("hello");
    expect(entries(page)).toMatchObject([{ text: "hello", delivery: "sending" }]);
    await settled();
    expect(room.calls).toEqual([["sendText", "hello"]]);
    expect(entries(page)).toMatchObject([{ delivery: "sent", via: "server" }]);
  });

  it("that nobody was there to hear has failed, and says why", async () => {
    const { page, room } = await pageInRoom();
    room.answers.via = "nobody";
    page.app.say("hello");
    await settled();
    room.deliveries[0]?.resolve([]);
    await settled();
    expect(entries(page)).toMatchObject([{ delivery: "failed", via: "nobody" }]);
    expect(page.state.problem).toBeNull();
  });

  it("is delivered once everyone has it, and says later who does not", async () => {
    const { page, room } = await pageInRoom();
    for (const text of ["one", "two", "three"]) page.app.say(text);
    await settled();
    const [one, two, three] = room.deliveries;
    one?.resolve(["b"]);
    two?.reject(new HeliographError("peer_gone", "", { peers: ["b"] }));
    three?.resolve([]); // nobody was there
    await settled();
    expect(entries(page)).toMatchObject([
      { text: "one", delivery: "delivered" },
      { text: "two", delivery: "undelivered", missed: ["b"] },
      { text: "three", delivery: "sent" },
    ]);
    expect(page.state.problem).toBeNull();
  });

  it("that cannot be sent stays in the log, with the reason above", async () => {
    const { page, room } = await pageInRoom();
    room.answers.error = refusal("too_large");
    page.app.say("hello");
    await settled();
    expect(entries(page)).toMatchObject([{ text: "hello", delivery: "failed" }]);
    expect(page.state.problem).toBe("too_large");
  });

  it("outside a room is not sent", async () => {
    const { page, room } = await pageInRoom();
    page.app.leave();
    page.app.say("hello");
    await settled();
    expect(room.calls).toEqual([["leave"]]);
  });
});

describe("the host", () => {
  it("removes a member, and is told that the link lets them back in", async () => {
    const { page, room, world } = await pageInRoom(host());
    world.pass(250);
    page.app.kick({ id: "b" });
    await settled();
    expect(room.calls).toEqual([["kick", "b"]]);
    expect(entries(page)).toMatchObject([
      { type: "note", at: 1_250, what: { type: "kicked", byInvite: false } },
    ]);
  });

  it("removes a member of a room by invitation, and gets a link that works", async () => {
    const { page, room, world } = await pageOfHost();
    page.app.kick({ id: "b" });
    await settled();
    expect(room.calls).toEqual([
      ["kick", "b"],
      ["invite", { uses: 8, ttl: 86_400 }],
    ]);
    expect(world.shownAddress).toBe(`https://meet.example/#${INVITE_2}`);
    expect(page.state).toMatchObject({ room: { link: world.shownAddress } });
  });

  it("locks and unlocks the room", async () => {
    const { page, room, world } = await pageInRoom(host());
    world.pass(250);
    page.app.lock(true);
    await settled();
    expect(page.state).toMatchObject({ room: { locked: true, locking: null } });
    expect(entries(page)).toMatchObject([
      { at: 1_250, what: { type: "lock-changed", locked: true, ours: true } },
    ]);
    page.app.lock(false);
    await settled();
    expect(page.state).toMatchObject({ room: { locked: false } });
    expect(room.calls).toEqual([
      ["lock", true],
      ["lock", false],
    ]);
  });

  it("makes another invite, which the address shows and a reload finds", async () => {
    const { page, room, world } = await pageOfHost();
    page.app.invite({ uses: 5, ttl: 3_600 });
    expect(page.state).toMatchObject({ room: { makingInvite: true } });
    await settled();
    expect(room.calls).toEqual([["invite", { uses: 5, ttl: 3_600 }]]);
    expect(world.shownAddress).toBe(`https://meet.example/#${INVITE_2}`);
    for (const code of [INVITE, INVITE_2, room.id]) {
      expect(page.kept(code)).toMatchObject({ secret: secret(1), inside: true });
      expect(page.keptHost(code)).toMatchObject({
        invite: { code: INVITE_2, usesLeft: 5, endsAt: 3_601_000 },
      });
    }
  });

  it("gets another invite when the one in the link is used up", async () => {
    const { room, world } = await pageOfHost();
    const come = (id: string): void =>
      room.emit("peer-joined", { peer: peer({ id, name: id.toUpperCase() }) });
    for (const id of ["b", "c", "d", "b"]) come(id);
    await settled();
    expect(room.calls).toEqual([]);
    come("e"); // the fourth of four
    await settled();
    expect(room.calls).toEqual([["invite", { uses: 8, ttl: 86_400 }]]);
    expect(world.shownAddress).toBe(`https://meet.example/#${INVITE_2}`);
  });

  it("gets another invite when the one in the link ends, and tries again if it cannot", async () => {
    const { page, room, world } = await pageOfHost();
    page.app.invite({ uses: 5, ttl: 3_600 });
    await settled();
    room.answers.error = refusal("unavailable");
    world.pass(59 * 60_000);
    await settled();
    expect(room.calls).toHaveLength(2);
    expect(page.state.problem).toBeNull();
    room.answers = { ...room.answers, error: null, invite: INVITE };
    world.pass(30_000);
    await settled();
    expect(room.calls).toHaveLength(3);
    expect(world.shownAddress).toBe(`https://meet.example/#${INVITE}`);
  });

  it.each([
    ["kick", (page: Page) => page.app.kick({ id: "b" })],
    ["lock", (page: Page) => page.app.lock(true)],
    ["invite", (page: Page) => page.app.invite({ uses: 1, ttl: 60 })],
  ])("sees why %s was refused, and nothing else changes", async (_, ask) => {
    const { page, room } = await pageOfHost();
    const before = page.state;
    room.answers.error = refusal("not_host");
    ask(page);
    await settled();
    expect(page.state).toEqual({ ...before, problem: "not_host" });
  });
});

describe("a guest", () => {
  it("is told when the host locks and unlocks the room", async () => {
    const { page, room, world } = await pageInRoom();
    world.pass(250);
    room.setLocked(true);
    expect(page.state).toMatchObject({ room: { locked: true } });
    room.setLocked(false);
    expect(entries(page)).toMatchObject([
      { at: 1_250, what: { type: "lock-changed", locked: true, ours: false } },
      { at: 1_250, what: { type: "lock-changed", locked: false, ours: false } },
    ]);
  });

  it("has the link that it came by in the address, and nobody makes an invite for it", async () => {
    const world = new MemoryWorld(`https://meet.example/?name=Ada#${INVITE}`);
    const page = new Page(world);
    page.app.openLink();
    const room = await page.admit(new MemoryRoom(CODE, "Ada"));
    room.emit("peer-joined", { peer: peer() });
    await settled();
    expect(world.shownAddress).toBe(`https://meet.example/#${INVITE}`);
    expect(room.calls).toEqual([]);
    expect(page.keptHost(CODE)).toBeUndefined();
  });
});

describe("the end", () => {
  it("by the user leaves the room; a reload shows the form, and comes as the same peer", async () => {
    const { page, room } = await pageInRoom();
    page.app.leave();
    expect(page.state).toEqual({ phase: "start", form: FORM, problem: null });
    expect(page.app.room).toBeNull();
    expect(room.calls).toEqual([["leave"]]);
    expect(page.kept()).toEqual({ secret: secret(1), name: "Ada", inside: false });
  });

  it("by the user is the end, even if the server does not hear of it", async () => {
    const { page, room } = await pageInRoom();
    room.answers.error = refusal("backend_away");
    page.app.leave();
    await settled();
    expect(page.state).toMatchObject({ phase: "start", problem: null });
  });

  it("by the host says so", async () => {
    const { page, room } = await pageInRoom();
    room.emit("closed", { code: "kicked", message: "" });
    expect(page.state).toMatchObject({ phase: "start", problem: "kicked", form: FORM });
    expect(page.app.room).toBeNull();
    expect(page.kept()).toEqual({ secret: secret(1), name: "Ada", inside: false });
  });

  it("by the host is not undone by the button to join: it is the same peer that asks", async () => {
    const { page, room } = await pageInRoom();
    room.emit("closed", { code: "kicked", message: "" });
    page.app.enter(page.state.form);
    expect(page.asked.secret).toBe(secret(1));
  });

  it("by another tab lets this tab take the place back, by a button or a reload", async () => {
    const { page, room, world } = await pageInRoom();
    room.emit("closed", { code: "replaced", message: "" });
    page.app.enter(page.state.form);
    expect(page.asked).toEqual({ room: "R", name: "Ada", secret: secret(1) });
    const reloaded = new Page(world);
    reloaded.app.openLink();
    expect(reloaded.asked).toEqual({ room: "R", name: "Ada", secret: secret(1) });
  });

  it("can come before the room has been shown", async () => {
    const { page } = await pageInRoom();
    page.app.leave();
    page.app.enter(FORM);
    const early = new MemoryRoom("R", "Ada");
    page.world.sdk.lastJoin.answer.resolve(early);
    await Promise.resolve();
    await Promise.resolve();
    early.emit("closed", { code: "room_locked", message: "" });
    await settled();
    expect(page.state).toMatchObject({ phase: "start", problem: "room_locked" });
    expect(page.app.room).toBeNull();
  });

  it("is the end: what the old room says later is not heard", async () => {
    const { page, room } = await pageInRoom();
    page.app.leave();
    page.app.enter(FORM);
    const next = await page.admit(new MemoryRoom("R", "Ada"));
    room.emit("peer-joined", { peer: peer() });
    room.emit("closed", { code: "left", message: "" });
    expect(page.state).toMatchObject({ phase: "room", room: { people: [] } });
    expect(page.app.room).toBe(next);
  });

  it("does not let an answer of the old room into the next one", async () => {
    const { page, room } = await pageInRoom();
    room.answers.error = refusal("too_large");
    page.app.say("hello");
    page.app.leave();
    page.app.enter(FORM);
    await page.admit(new MemoryRoom("R", "Ada"));
    expect(page.state).toMatchObject({ phase: "room", problem: null, room: { entries: [] } });
  });
});
