import { describe, expect, it } from "vitest";
import { keepSeat } from "../../src/edge/storage.js";
import { MemoryRoom, peer, refusal } from "./memory-sdk.js";
import { blockedStorage, MemoryWorld, settled } from "./memory-world.js";
import { FORM, Page, pageInRoom } from "./page.js";

const phases = (page: Page): string[] => page.shown.map(({ phase }) => phase);

describe("joining", () => {
  it("goes from the form through joining into the room", async () => {
    const { page, room } = await pageInRoom();
    expect(phases(page)).toEqual(["joining", "room"]);
    expect(page.app.room).toBe(room);
    expect(page.state).toMatchObject({ room: { id: "R", capacity: 8, connection: "connected" } });
  });

  it("asks with the name, the room and what this tab kept of it", () => {
    const page = new Page();
    keepSeat(page.world.tabStorage, "R", { name: "Ada", token: "t", hostToken: "h" });
    page.app.enter({ ...FORM, invite: "i" });
    expect(page.asked).toEqual({
      room: "R",
      name: "Ada",
      token: "t",
      hostToken: "h",
      invite: "i",
    });
    expect(page.world.sdk.lastJoin.options.backend).toBe("/api");
  });

  it("keeps what a reload needs, and takes name and invite out of the address", async () => {
    const world = new MemoryWorld("https://meet.example/app/?room=R&name=Ada#invite=i");
    const page = new Page(world);
    page.app.openLink();
    await page.admit(new MemoryRoom("R", "Ada"));
    expect(page.kept()).toEqual({ name: "Ada", invite: "i", token: "peer-token" });
    expect(world.shownAddress).toBe("https://meet.example/app/?room=R");
    expect(page.state).toMatchObject({
      room: { link: "https://meet.example/app/?room=R#invite=i" },
    });
  });

  it("takes those whom the SDK names first for people who were there before", async () => {
    const page = new Page();
    page.app.enter(FORM);
    const room = new MemoryRoom("R", "Ada");
    page.world.sdk.lastJoin.answer.resolve(room);
    await Promise.resolve();
    await Promise.resolve();
    room.peers.set("b", peer());
    room.emit("peer-joined", { peer: peer() });
    await settled();
    expect(page.state).toMatchObject({ room: { people: [{ id: "b" }], entries: [] } });
    room.emit("peer-joined", { peer: peer({ id: "c", name: "Cleo" }) });
    expect(page.state).toMatchObject({ room: { entries: [{ text: "Cleo joined" }] } });
  });

  it("shows that a proof is being computed", () => {
    const page = new Page();
    page.app.enter(FORM);
    page.world.sdk.lastJoin.options.onProof?.();
    expect(page.state).toMatchObject({ phase: "joining", proving: true });
  });

  it("works in a browser that blocks storage", async () => {
    const world = new MemoryWorld("https://meet.example/?room=R&name=Ada");
    world.tabStorage = blockedStorage;
    world.siteStorage = blockedStorage;
    const page = new Page(world);
    page.app.openLink();
    await page.admit(new MemoryRoom("R", "Ada"));
    expect(page.state.phase).toBe("room");
    page.app.leave();
    expect(page.state).toMatchObject({ phase: "start", problem: null });
  });
});

describe("a refusal", () => {
  it("is shown at the form, and the token is forgotten", async () => {
    const page = new Page();
    keepSeat(page.world.tabStorage, "R", { token: "t", name: "Ada", hostToken: "h" });
    page.app.enter(FORM);
    await page.refuse(refusal("kicked"));
    expect(page.state).toMatchObject({ phase: "start", problem: "kicked", form: FORM });
    expect(page.kept()).toEqual({ name: "Ada", hostToken: "h" });
  });

  it("of a stale token leads to another try without it", async () => {
    const page = new Page();
    keepSeat(page.world.tabStorage, "R", { token: "t", name: "Ada" });
    page.app.enter(FORM);
    expect(page.asked.token).toBe("t");
    await page.refuse(refusal("token_expired"));
    expect(page.world.sdk.joins).toHaveLength(2);
    expect(page.asked).not.toHaveProperty("token");
    await page.admit(new MemoryRoom("R", "Ada"));
    expect(page.kept()).toMatchObject({ token: "peer-token" });
  });

  it("that goes away is waited for, as long as the backend says, and not longer", async () => {
    const page = new Page();
    page.app.enter(FORM);
    await page.refuse(refusal("busy", 7));
    expect(page.state).toMatchObject({ phase: "waiting", problem: "busy" });
    page.world.pass(6_999);
    expect(page.world.sdk.joins).toHaveLength(1);
    page.world.pass(1);
    expect(page.world.sdk.joins).toHaveLength(2);
    await page.admit(new MemoryRoom("R", "Ada"));
    expect(page.state).toMatchObject({ phase: "room", problem: null });
  });

  it("that goes away is tried again at once when the user asks, and only once", async () => {
    const page = new Page();
    page.app.enter(FORM);
    await page.refuse(refusal("backend_away"));
    page.app.retry();
    expect(page.world.sdk.joins).toHaveLength(2);
    page.world.pass(60_000);
    expect(page.world.sdk.joins).toHaveLength(2);
  });

  it("by something that is not the SDK's is called internal", async () => {
    const page = new Page();
    page.app.enter(FORM);
    await page.refuse(new TypeError("surprise"));
    expect(page.state).toMatchObject({ phase: "start", problem: "internal" });
  });
});

describe("cancelling", () => {
  it("aborts the join, and what it answers later is ignored", async () => {
    const page = new Page();
    page.app.enter(FORM);
    page.app.cancel();
    expect(page.world.sdk.lastJoin.options.signal?.aborted).toBe(true);
    await page.refuse(refusal("aborted"));
    expect(page.state).toMatchObject({ phase: "start", problem: null, form: FORM });
  });

  it("leaves a room whose answer came too late", async () => {
    const page = new Page();
    page.app.enter(FORM);
    page.app.cancel();
    const room = await page.admit(new MemoryRoom("R", "Ada"));
    expect(room.calls).toEqual([["leave"]]);
    expect(page.app.room).toBeNull();
    expect(page.state.phase).toBe("start");
  });

  it("leaves a room that was joined and not shown yet", async () => {
    const page = new Page();
    page.app.enter(FORM);
    const room = new MemoryRoom("R", "Ada");
    page.world.sdk.lastJoin.answer.resolve(room);
    await Promise.resolve();
    await Promise.resolve();
    expect(page.app.room).toBe(room);
    page.app.cancel();
    await settled();
    expect(room.calls).toEqual([["leave"]]);
    expect(page.app.room).toBeNull();
    expect(phases(page)).toEqual(["joining", "start"]);
  });

  it("keeps the room that the page is in when an older answer comes", async () => {
    const page = new Page();
    page.app.enter(FORM);
    const [first] = page.world.sdk.joins;
    page.app.enter({ ...FORM, room: "S" });
    const current = await page.admit(new MemoryRoom("S", "Ada"));
    const late = new MemoryRoom("R", "Ada");
    first?.answer.resolve(late);
    await settled();
    expect(late.calls).toEqual([["leave"]]);
    expect(page.app.room).toBe(current);
    current.emit("peer-joined", { peer: peer() });
    expect(page.state).toMatchObject({ room: { id: "S", people: [{ id: "b" }] } });
  });

  it("ends a wait", async () => {
    const page = new Page();
    page.app.enter(FORM);
    await page.refuse(refusal("busy"));
    expect(page.world.waiting).toBe(1);
    page.app.cancel();
    expect(page.world.waiting).toBe(0);
    expect(page.state.phase).toBe("start");
  });

  it("is also what a second join does to the first", async () => {
    const page = new Page();
    page.app.enter(FORM);
    const [first] = page.world.sdk.joins;
    page.app.enter({ ...FORM, room: "S" });
    expect(first?.options.signal?.aborted).toBe(true);
    first?.options.onProof?.();
    expect(page.state).toMatchObject({ phase: "joining", form: { room: "S" }, proving: false });
  });
});

describe("a new room", () => {
  const created = {
    room: "N",
    hostToken: "h",
    invite: "i",
    expiresAt: 1,
    capacity: 4,
    inviteOnly: true,
  };

  it("is made with the options and joined as its host", async () => {
    const page = new Page();
    page.app.create({ ...FORM, room: "" }, { capacity: 4, inviteOnly: true });
    expect(page.world.sdk.lastCreation.options).toMatchObject({
      backend: "/api",
      capacity: 4,
      inviteOnly: true,
    });
    page.world.sdk.lastCreation.answer.resolve(created);
    await settled();
    expect(page.asked).toEqual({ room: "N", name: "Ada", hostToken: "h", invite: "i" });
    expect(page.kept("N")).toEqual({ hostToken: "h", invite: "i" });
    await page.admit(new MemoryRoom("N", "Ada", "host"));
    expect(phases(page)).toEqual(["creating", "joining", "room"]);
  });

  it("that is open has a link without an invite", async () => {
    const page = new Page();
    page.app.create(FORM, { capacity: 4, inviteOnly: false });
    page.world.sdk.lastCreation.answer.resolve({ ...created, inviteOnly: false });
    await settled();
    await page.admit(new MemoryRoom("N", "Ada", "host"));
    expect(page.state).toMatchObject({
      room: { invite: null, link: "https://meet.example/?room=N" },
    });
  });

  it("shows a proof, and what went wrong", async () => {
    const page = new Page();
    page.app.create(FORM, { capacity: 4, inviteOnly: true });
    page.world.sdk.lastCreation.options.onProof?.();
    expect(page.state).toMatchObject({ phase: "creating", proving: true });
    page.world.sdk.lastCreation.answer.reject(refusal("rate_limited"));
    await settled();
    expect(page.state).toMatchObject({ phase: "start", problem: "rate_limited", form: FORM });
  });

  it("that nobody waits for any more is not joined", async () => {
    const page = new Page();
    page.app.create(FORM, { capacity: 4, inviteOnly: true });
    page.app.cancel();
    page.world.sdk.lastCreation.answer.resolve(created);
    await settled();
    expect(page.world.sdk.joins).toEqual([]);
    expect(page.state.phase).toBe("start");
  });
});

it("draws nothing for what changes nothing", async () => {
  const { page } = await pageInRoom();
  const before = page.shown.length;
  page.app.cancel();
  page.app.retry();
  page.app.lock(true);
  expect(page.shown).toHaveLength(before);
});

describe("the address bar", () => {
  it("fills the form with the name used last", async () => {
    const { world } = await pageInRoom();
    world.shownAddress = "https://meet.example/?room=S";
    const later = new Page(world);
    later.app.openLink();
    expect(later.state).toMatchObject({ phase: "start", form: { room: "S", name: "Ada" } });
  });

  it("comes back as the same peer after a reload", async () => {
    const { world } = await pageInRoom();
    const reloaded = new Page(world);
    reloaded.app.openLink();
    expect(reloaded.state.phase).toBe("joining");
    expect(reloaded.asked).toEqual({ room: "R", name: "Ada", token: "peer-token" });
  });

  it("is not looked at inside a room", async () => {
    const { page, world } = await pageInRoom();
    const before = page.state;
    world.shownAddress = "https://meet.example/?room=S&name=Ada";
    page.app.openLink();
    expect(page.state).toBe(before);
    expect(world.sdk.joins).toHaveLength(1);
  });

  it("says so in a browser without WebRTC", () => {
    const world = new MemoryWorld("https://meet.example/?room=R&name=Ada");
    world.supported = false;
    const page = new Page(world);
    page.app.openLink();
    expect(page.state).toMatchObject({ phase: "start", problem: "unsupported" });
    expect(world.sdk.joins).toEqual([]);
  });
});
