import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/app/log.js";
import { MemoryRoom, peer, refusal } from "./memory-sdk.js";
import { settled } from "./memory-world.js";
import { FORM, type Page, pageInRoom } from "./page.js";

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
    expect(entries(page).map(({ text }) => text)).toEqual(["Ben joined", "Ben did not come back"]);
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

  it("ends with a new token, which is kept", async () => {
    const { page, room } = await pageInRoom();
    room.token = "renewed";
    room.change("connected");
    expect(page.kept()).toMatchObject({ token: "renewed" });
    room.token = "once more";
    page.app.keepToken();
    expect(page.kept()).toMatchObject({ token: "once more" });
  });
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
  it("removes a member, and is told that an open room lets them back in", async () => {
    const { page, room, world } = await pageInRoom(host());
    world.pass(250);
    page.app.kick({ id: "b" });
    await settled();
    expect(room.calls).toEqual([["kick", "b"]]);
    const text = expect.stringMatching(/can come back/);
    expect(entries(page)).toMatchObject([{ type: "note", at: 1_250, text }]);
  });

  it("locks and unlocks the room", async () => {
    const { page, room, world } = await pageInRoom(host());
    world.pass(250);
    page.app.lock(true);
    await settled();
    expect(page.state).toMatchObject({ room: { locked: true, entries: [{ at: 1_250 }] } });
    page.app.lock(false);
    await settled();
    expect(page.state).toMatchObject({ room: { locked: false } });
    expect(room.calls).toEqual([
      ["lock", true],
      ["lock", false],
    ]);
  });

  it("makes another invite, which the link carries and a reload keeps", async () => {
    const { page, room } = await pageInRoom(host());
    page.app.invite({ uses: 5, ttl: 3_600 });
    expect(page.state).toMatchObject({ room: { makingInvite: true } });
    await settled();
    expect(room.calls).toEqual([["invite", { uses: 5, ttl: 3_600 }]]);
    expect(page.state).toMatchObject({
      room: { makingInvite: false, link: "https://meet.example/?room=R#invite=new-invite" },
    });
    expect(page.kept()).toMatchObject({ invite: "new-invite" });
  });

  it.each([
    ["kick", (page: Page) => page.app.kick({ id: "b" })],
    ["lock", (page: Page) => page.app.lock(true)],
    ["invite", (page: Page) => page.app.invite({})],
  ])("sees why %s was refused, and nothing else changes", async (_, ask) => {
    const { page, room } = await pageInRoom(host());
    const before = page.state;
    room.answers.error = refusal("not_host");
    ask(page);
    await settled();
    expect(page.state).toEqual({ ...before, problem: "not_host" });
  });
});

describe("the end", () => {
  it("by the user leaves the room and forgets the token", async () => {
    const { page, room } = await pageInRoom();
    page.app.leave();
    expect(page.state).toEqual({ phase: "start", form: FORM, problem: null });
    expect(page.app.room).toBeNull();
    expect(room.calls).toEqual([["leave"]]);
    expect(page.kept()).toEqual({ name: "Ada" });
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
    expect(page.kept()).toEqual({ name: "Ada" });
  });

  it("by another tab keeps the token, so that this tab can take the place back", async () => {
    const { page, room } = await pageInRoom();
    room.emit("closed", { code: "replaced", message: "" });
    page.app.enter(page.state.form);
    expect(page.asked).toMatchObject({ room: "R", name: "Ada", token: "peer-token" });
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
