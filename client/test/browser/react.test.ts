/** The hooks, with real React under StrictMode, which mounts everything twice. */
import { afterEach, expect, test } from "vitest";
import type { Room } from "../../src/index.js";
import {
  type UseRoomOptions,
  useMedia,
  useMessages,
  useRoom,
  useStream,
  useTransfers,
} from "../../src/react/index.js";
import { RoomStore } from "../../src/react/room-store.js";
import { hear } from "./hear.js";
import { track } from "./media-pair.js";
import { type Mounted, mount, unmountAll } from "./mounted.js";
import { until } from "./pair.js";
import { stage } from "./stage.js";

const on = stage();
// Before the stage is taken down: a component leaves a moment after it was unmounted.
afterEach(async () => {
  unmountAll();
  await until(() => [...on.backend.seats.values()].every(({ name }) => name !== "Rea"));
});

const options = (more: Partial<UseRoomOptions> = {}): UseRoomOptions => ({
  backends: "/api",
  room: "r",
  name: "Rea",
  ...more,
});
const calls = (path: string) => on.backend.calls.filter((one) => one === path).length;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type InRoom = Mounted<ReturnType<typeof useRoom>, UseRoomOptions | null>;

/** A component that is in the room, and how it is known there. */
async function inside(more?: Partial<UseRoomOptions>): Promise<InRoom> {
  const found: InRoom = await mount(useRoom, options(more));
  await until(() => found.now.status === "connected");
  return found;
}

/** It and somebody else, connected. */
async function two(): Promise<[InRoom, Room, Room]> {
  const rea = await inside();
  const bob = await on.enter("Bob");
  await until(() => rea.now.peers[0]?.state === "connected" && bob.peers.size === 1);
  await until(() => [...bob.peers.values()][0]?.state === "connected");
  return [rea, bob, rea.now.room as Room];
}

test("mounted twice by StrictMode it joins once, and stays", async () => {
  const rea = await mount(useRoom, options());
  expect(rea.now.status).toBe("joining");
  await until(() => rea.now.status === "connected");
  await pause(100);
  expect([calls("/negotiate"), calls("/leave"), on.backend.seats.size]).toEqual([1, 0, 1]);
  expect([rea.now.room?.self.name, rea.now.error, rea.now.peers]).toEqual(["Rea", null, []]);
});

test("released and wanted again in one go, as by a development server with new code, it stays", async () => {
  const rooms = new RoomStore();
  const status = () => rooms.store.get().view.status;
  rooms.want("r", options());
  await until(() => status() === "connected");
  const { room } = rooms.store.get().view;
  rooms.release();
  rooms.want("r", options());
  await pause(50);
  expect([status(), calls("/negotiate"), calls("/leave")]).toEqual(["connected", 1, 0]);
  expect(rooms.store.get().view.room).toBe(room);
  rooms.release();
  await until(() => status() === "idle" && calls("/leave") === 1);
});

test("rendered again with the same in other objects it asks for nothing", async () => {
  const rea = await inside({ backends: ["/api"] });
  const [{ room }, before] = [rea.now, rea.all.length];
  rea.render(options({ backends: ["/api"], rtc: {} }));
  await until(() => rea.all.length > before);
  await pause(50);
  expect([calls("/negotiate"), calls("/leave")]).toEqual([1, 0]);
  expect(rea.now.room).toBe(room);
});

test("without a room it asks for nothing", async () => {
  const rea: InRoom = await mount(useRoom, null);
  await pause(20);
  expect([rea.now.status, on.backend.calls]).toEqual(["idle", []]);
  rea.render(options());
  await until(() => rea.now.status === "connected");
  rea.render(null);
  await until(() => rea.now.status === "idle" && on.backend.seats.size === 0);
  expect([rea.now.room, calls("/leave")]).toEqual([null, 1]);
});

test("unmounted it leaves, and the others see it", async () => {
  const [rea, bob] = await two();
  const left = hear(bob, "peer-left");
  rea.unmount();
  await until(() => left.length === 1);
  expect(left[0]?.reason).toBe("left");
  await until(() => calls("/leave") === 1);
});

test("unmounted before it was admitted it keeps no seat", async () => {
  const rea = await mount(useRoom, options());
  await until(() => calls("/negotiate") === 1);
  rea.unmount();
  await until(() => calls("/leave") === 1);
  await pause(50);
  expect([on.backend.seats.size, calls("/negotiate")]).toEqual([0, 1]);
});

test("another name of the room moves: it leaves first, and shows nobody of the room before", async () => {
  const asked = (wanted: UseRoomOptions) => ({ asked: wanted.room, ...useRoom(wanted) });
  const rea = await mount(asked, options());
  const bob = await on.enter("Bob");
  await until(() => rea.now.peers.length === 1);
  const left = hear(bob, "peer-left");
  on.backend.calls.length = 0;
  rea.render(options({ room: "s" }));
  await until(() => rea.now.status === "connected" && rea.now.room?.id === "s");
  expect(left.map(({ reason }) => reason)).toEqual(["left"]);
  const [first, second] = on.backend.calls.filter((one) => /leave|negotiate/.test(one));
  expect([first, second, calls("/negotiate")]).toEqual(["/leave", "/negotiate", 1]);
  const since = rea.all.filter((answer) => answer.asked === "s");
  expect([since[0]?.status, since[0]?.peers]).toEqual(["joining", []]);
  expect(since.some(({ room }) => room?.id === "r")).toBe(false);
});

test("from room to room to room, only the last one is joined", async () => {
  const rea = await inside();
  for (const room of ["s", "t", "u"]) {
    const before = rea.all.length;
    rea.render(options({ room }));
    await until(() => rea.all.length > before);
  }
  await until(() => rea.now.status === "connected");
  await pause(50);
  expect([rea.now.room?.id, on.backend.seats.size]).toEqual(["u", 1]);
});

test("a refusal is shown, and another try is one call", async () => {
  on.backend.refusals.set("/negotiate", [{ status: 403, code: "room_locked" }]);
  const rea = await mount(useRoom, options());
  await until(() => rea.now.status === "failed");
  expect([rea.now.error?.code, rea.now.error?.status, rea.now.room]).toEqual([
    "room_locked",
    403,
    null,
  ]);
  rea.now.rejoin();
  await until(() => rea.now.status === "connected");
  expect([rea.now.error, calls("/negotiate")]).toEqual([null, 2]);
});

test("options that are none are shown as such", async () => {
  const rea = await mount(useRoom, options({ backends: "ftp://example.org" }));
  await until(() => rea.now.status === "failed");
  expect(rea.now.error?.code).toBe("invalid_options");
});

test("who is kicked sees why; who has left by itself sees no error", async () => {
  const rea = await inside();
  on.backend.kick(rea.now.room?.self.id ?? "");
  await until(() => rea.now.status === "closed");
  expect([rea.now.error?.code, rea.now.peers]).toEqual(["kicked", []]);
  on.backend.orders.kicked.length = 0;
  rea.now.rejoin();
  await until(() => rea.now.status === "connected");
  await rea.now.room?.leave();
  await until(() => rea.now.status === "closed");
  expect(rea.now.error).toBe(null);
});

test("members come, change and go as values: who has not changed is the same object", async () => {
  const [rea, bob] = await two();
  await on.enter("Cid");
  await until(() => rea.now.peers.filter(({ path }) => path === "direct").length === 2);
  await pause(100); // until nothing of them changes any more
  const [first, second] = rea.now.peers;
  expect([first?.name, second?.name]).toEqual(["Bob", "Cid"]);
  await bob.media.start("camera", { track: track("video") });
  await until(() => rea.now.peers[0]?.media.get("camera") !== undefined);
  expect(rea.now.peers[0]).not.toBe(first);
  expect(first?.media.size).toBe(0);
  expect(rea.now.peers[1]).toBe(second);
  await bob.leave();
  await until(() => rea.now.peers.length === 1);
  expect(rea.now.peers[0]).toBe(second);
  await (rea.now.room as Room).lock(true);
  await until(() => rea.now.locked);
});

test("messages: nothing is lost before the hook is used, nor while nobody uses it", async () => {
  const [, bob, room] = await two();
  await bob.sendText("before");
  await bob.broadcast({ n: 1 });
  await pause(100);
  const chat = await mount(useMessages, room);
  await until(() => chat.now.messages.length === 2);
  chat.unmount();
  await bob.sendText("meanwhile");
  await pause(100);
  const again = await mount(useMessages, room);
  await until(() => again.now.messages.length === 3);
  const { messages } = again.now;
  expect(messages.map(({ text, data }) => text ?? data)).toEqual(
    expect.arrayContaining(["before", { n: 1 }, "meanwhile"]),
  );
  expect(messages.map(({ direction }) => direction)).toEqual(["in", "in", "in"]);
  expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
});

test("a message of ours says what becomes of it", async () => {
  const rea = await inside();
  const chat = await mount(useMessages, rea.now.room);
  expect(await chat.now.sendText("is anybody here?")).toBe("nobody");
  await until(() => chat.now.messages[0]?.direction === "out");
  await pause(20);
  expect(chat.now.messages[0]).toMatchObject({ state: "unheard", via: "nobody", error: null });
  const bob = await on.enter("Bob");
  const heard = hear(bob, "text");
  await until(() => rea.now.peers[0]?.state === "connected");
  void chat.now.sendText("hello", bob.self.id);
  await until(() => chat.now.messages.length === 2);
  const isDelivered = () => {
    const last = chat.now.messages[1];
    return last?.direction === "out" && last.state === "delivered";
  };
  await until(isDelivered);
  expect(heard.map(({ text }) => text)).toEqual(["hello"]);
  void chat.now.sendText(""); // nobody listens to its rejection
  void chat.now.send({ any: "JSON" }, "nobody-by-this-id");
  await until(() => chat.now.messages.length === 4);
  await until(() => {
    const [, , ...failed] = chat.now.messages;
    return failed.every((one) => one.direction === "out" && one.state === "failed");
  });
  const codes = chat.now.messages.map((one) => one.direction === "out" && one.error?.code);
  expect(codes).toEqual([undefined, undefined, "invalid_message", "peer_not_found"]);
});

test("before there is a room, calls reject and nothing is thrown", async () => {
  const chat = await mount(useMessages, null);
  await expect(chat.now.sendText("hello")).rejects.toMatchObject({ code: "closed" });
  const files = await mount(useTransfers, null);
  await expect(files.now.sendFile(new Blob(["a"]))).rejects.toMatchObject({ code: "closed" });
  const media = await mount(useMedia, null);
  await expect(media.now.start("camera")).rejects.toMatchObject({ code: "closed" });
  media.now.stop("camera");
  expect(calls("/negotiate")).toBe(0);
});

test("files go both ways, and say how far they are", async () => {
  const [rea, bob, room] = await two();
  const files = await mount(useTransfers, room);
  const offered = hear(bob, "file");
  await until(() => rea.now.peers[0]?.path === "direct");
  void files.now.sendFile(new File(["from Rea"], "a.txt"));
  await until(() => offered.length === 1);
  await offered[0]?.transfer.accept();
  await until(() => files.now.transfers[0]?.state === "done");
  expect(files.now.transfers[0]).toMatchObject({ direction: "up", name: "a.txt", bytes: 8 });
  await bob.sendFile(new File(["from Bob"], "b.txt"));
  await until(() => files.now.transfers[1]?.state === "offered");
  const before = files.now.transfers[1];
  await before?.transfer.accept();
  await until(() => files.now.transfers[1]?.file !== null);
  expect(await files.now.transfers[1]?.file?.text()).toBe("from Bob");
  expect([before?.state, files.now.transfers.length]).toEqual(["offered", 2]);
  files.now.clear();
  await until(() => files.now.transfers.length === 0);
  void files.now.sendFile([], { to: "nobody-by-this-id" });
  await until(() => files.now.error?.code === "peer_not_found");
});

test("media: what we send, what failed, and what the others see", async () => {
  const [, bob, room] = await two();
  const media = await mount(useMedia, room);
  void media.now.start("camera", { track: track("audio") }); // which is no picture
  await until(() => media.now.error?.code === "invalid_options");
  await media.now.start("camera", { track: track("video") });
  await until(() => media.now.sending.get("camera")?.muted === false);
  expect(media.now.error).toBe(null);
  await until(() => [...bob.peers.values()][0]?.media.get("camera") !== undefined);
  await until(() => media.now.devices.length > 0);
  media.now.mute("camera", true);
  await until(() => media.now.sending.get("camera")?.muted === true);
  media.now.stop("camera");
  await until(() => media.now.sending.size === 0);
});

test("a stream is put into an element once, and taken out", async () => {
  const stream = new MediaStream();
  const video = document.createElement("video");
  const ref: Mounted<ReturnType<typeof useStream>, MediaStream | null> = await mount(
    useStream,
    stream,
  );
  ref.now(video);
  expect(video.srcObject).toBe(stream);
  const first = ref.now;
  ref.render(null);
  await until(() => ref.now !== first);
  ref.now(video);
  expect(video.srcObject).toBe(null);
});
