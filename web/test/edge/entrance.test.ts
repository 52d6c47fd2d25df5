import { describe, expect, it } from "vitest";
import { keepHost, keepSeat } from "../../src/edge/storage.js";
import { CODE, DAY_MS, hostKey, INVITE, INVITE_2 } from "../app/examples.js";
import { MemoryRoom, peer, refusal } from "./memory-sdk.js";
import { blockedStorage, MemoryWorld, settled } from "./memory-world.js";
import { CREATED, FORM, Page, pageInRoom, pageOfHost, secret } from "./page.js";

const phases = (page: Page): string[] => page.shown.map(({ phase }) => phase);

describe("joining", () => {
  it("goes from the form through joining into the room", async () => {
    const { page, room } = await pageInRoom();
    expect(phases(page)).toEqual(["joining", "room"]);
    expect(page.app.room).toBe(room);
    expect(page.state).toMatchObject({ room: { id: "R", capacity: 8, connection: "connected" } });
  });

  it("asks all backends, with the name, the room and a secret that is kept at once", () => {
    const page = new Page();
    page.app.enter(FORM);
    expect(page.asked).toEqual({ room: "R", name: "Ada", secret: secret(1) });
    expect(page.world.sdk.lastJoin.options.backends).toBe(page.world.backends);
    expect(page.kept()).toEqual({ secret: secret(1), inside: false });
  });

  it("comes with the secret that this tab kept, under another name too", () => {
    const page = new Page();
    keepSeat(page.world.tabStorage, "R", { secret: "k".repeat(22), name: "Ada" });
    page.app.enter({ ...FORM, name: "Ada L" });
    expect(page.asked).toEqual({ room: "R", name: "Ada L", secret: "k".repeat(22) });
  });

  it("keeps what a reload needs, and takes the name out of the address", async () => {
    const world = new MemoryWorld(`https://meet.example/app/?name=Ada#${INVITE}`);
    const page = new Page(world);
    page.app.openLink();
    await page.admit(new MemoryRoom(CODE, "Ada"));
    for (const code of [INVITE, CODE])
      expect(page.kept(code)).toEqual({ secret: secret(1), name: "Ada", inside: true });
    expect(world.shownAddress).toBe(`https://meet.example/app/#${INVITE}`);
    expect(page.state).toMatchObject({ room: { link: world.shownAddress } });
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
    expect(page.state).toMatchObject({
      room: { entries: [{ what: { type: "joined", name: "Cleo" } }] },
    });
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
  it("is shown at the form, and a reload does not try again by itself", async () => {
    const world = new MemoryWorld("https://meet.example/?room=R");
    const page = new Page(world);
    keepSeat(world.tabStorage, "R", { secret: secret(9), name: "Ada", inside: true });
    page.app.openLink();
    await page.refuse(refusal("kicked"));
    expect(page.state).toMatchObject({ phase: "start", problem: "kicked", form: FORM });
    expect(page.kept()).toEqual({ secret: secret(9), name: "Ada", inside: false });
  });

  it("of a dead host token leads to another try without it", async () => {
    const page = new Page();
    keepHost(page.world.siteStorage, hostKey(), 0);
    page.app.enter({ ...FORM, room: INVITE });
    expect(page.asked).toMatchObject({ room: CODE, hostToken: "h" });
    await page.refuse(refusal("token_expired"));
    expect(page.world.sdk.joins).toHaveLength(2);
    expect(page.asked).toEqual({ room: INVITE, name: "Ada", secret: secret(1) });
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
  it("and joining again is the same peer: whoever was let in meanwhile is no second one", () => {
    const page = new Page();
    page.app.enter(FORM);
    const first = page.asked.secret;
    page.app.cancel();
    page.app.enter(FORM);
    expect(page.asked.secret).toBe(first);
  });

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
  it("is made on all backends with the options, and joined as its host", async () => {
    const { page, world } = await pageOfHost();
    expect(world.sdk.lastCreation.options).toMatchObject({
      backends: world.backends,
      capacity: 4,
      inviteOnly: true,
      ttl: 86_400,
    });
    expect(page.asked).toEqual({ room: CODE, name: "Ada", hostToken: "h", secret: secret(1) });
    expect(phases(page)).toEqual(["creating", "joining", "room"]);
    expect(page.state).toMatchObject({ room: { self: { role: "host" }, id: CODE } });
  });

  it("is in the address by its invite, so that copying the address lets others in", async () => {
    const { page, world } = await pageOfHost();
    expect(world.shownAddress).toBe(`https://meet.example/#${INVITE}`);
    expect(page.state).toMatchObject({ room: { link: world.shownAddress } });
  });

  it("that is open is in the address by its name", async () => {
    const { page, world } = await pageOfHost(new MemoryWorld(), { ...CREATED, inviteOnly: false });
    expect(world.shownAddress).toBe(`https://meet.example/#${CODE}`);
    expect(page.state).toMatchObject({ room: { invite: null, link: world.shownAddress } });
  });

  it("is its host's again after a reload, as the same peer", async () => {
    const { world } = await pageOfHost();
    const reloaded = new Page(world);
    reloaded.app.openLink();
    expect(reloaded.asked).toEqual({ room: CODE, name: "Ada", hostToken: "h", secret: secret(1) });
  });

  it.each([INVITE, CODE])(
    "is its host's again in another tab of the browser, as somebody else, by %s",
    async (code) => {
      const { world } = await pageOfHost();
      const other = new MemoryWorld(`https://meet.example/#${code}`);
      other.siteStorage = world.siteStorage;
      other.newSecret = () => secret(7);
      const page = new Page(other);
      page.app.openLink();
      expect(page.state).toMatchObject({ phase: "start", form: { room: code, name: "Ada" } });
      page.app.enter({ room: code, name: "Ada" });
      expect(page.asked).toEqual({ room: CODE, name: "Ada", hostToken: "h", secret: secret(7) });
      await page.admit(new MemoryRoom(CODE, "Ada", "host"));
      expect(other.shownAddress).toBe(`https://meet.example/#${INVITE}`);
    },
  );

  it("is nobody's after its end: another tab comes as a guest", async () => {
    const { world } = await pageOfHost();
    const other = new MemoryWorld();
    other.siteStorage = world.siteStorage;
    other.time = 1_000 + DAY_MS;
    const page = new Page(other);
    page.app.enter({ room: INVITE, name: "Ada" });
    expect(page.asked).not.toHaveProperty("hostToken");
    expect(page.asked.room).toBe(INVITE);
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
    page.world.sdk.lastCreation.answer.resolve(CREATED);
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
  page.app.kick({ id: "b" });
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
    expect(reloaded.asked).toEqual({ room: "R", name: "Ada", secret: secret(1) });
  });

  it("that leads to the room we are in changes nothing", async () => {
    const { page, world } = await pageInRoom();
    const before = page.state;
    page.app.openLink();
    expect(page.state).toBe(before);
    expect(world.sdk.joins).toHaveLength(1);
  });

  it("into which another link is put inside a room leads out of that room", async () => {
    const { page, room, world } = await pageInRoom();
    world.shownAddress = `https://meet.example/#${INVITE_2}`;
    page.app.openLink();
    expect(page.state).toMatchObject({ phase: "start", form: { room: INVITE_2, name: "Ada" } });
    expect(room.calls).toEqual([["leave"]]);
    expect(page.app.room).toBeNull();
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
