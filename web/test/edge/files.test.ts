/** Files of the SDK's room, as the page follows them. */
import { HeliographError, type Transfer } from "@heliograph/client";
import { beforeEach, expect, it, vi } from "vitest";
import { followFiles } from "../../src/edge/files.js";
import type { Files } from "../../src/transfers/model.js";
import { picked } from "../transfers/examples.js";
import { MemoryRoom, peer } from "./memory-sdk.js";

let room: MemoryRoom;
let shown: Files[];
const saved: [Blob, string][] = [];
const follow = () =>
  followFiles(
    room,
    (file, name) => void saved.push([file, name]),
    (files) => void shown.push(files),
  );
const last = (): Files => shown.at(-1) as Files;
const turn = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  room = new MemoryRoom("R", "Ada");
  shown = [];
  saved.length = 0;
});

function transfer(change: Partial<Transfer> = {}): Transfer {
  const act = () => vi.fn();
  return {
    ...{ id: "1", direction: "down", peerId: "b", name: "a.jpg", path: "a.jpg", size: 10 },
    ...{
      type: "",
      state: "offered",
      interrupted: false,
      relayed: false,
      relayBytes: null,
      bytes: 0,
    },
    ...{ bytesPerSecond: 0, secondsLeft: null, error: null, done: new Promise(() => {}) },
    ...{
      accept: vi.fn(async () => {}),
      decline: act(),
      pause: act(),
      resume: act(),
      cancel: act(),
    },
    ...change,
  } as Transfer;
}

function come(id: string, name: string): void {
  const made = peer({ id, name });
  room.peers.set(id, made);
  room.emit("peer-joined", { peer: made });
}

it("offers what was given to whoever comes", () => {
  const actions = follow();
  actions.send(picked("x/a", "b"));
  expect(room.calls).toEqual([]);
  come("b", "Ben");
  expect(room.calls.map(([name, , options]) => [name, options])).toEqual([
    ["sendFile", { path: "x/a", to: "b" }],
    ["sendFile", { path: "b", to: "b" }],
  ]);
});

it("offers to everyone without a name", () => {
  const actions = follow();
  come("b", "Ben");
  come("c", "Cleo");
  actions.send(picked("a"));
  actions.choose(null);
  expect(room.calls.map(([, , options]) => options)).toEqual([{ path: "a" }]);
});

it("says that it could not be offered", async () => {
  const actions = follow();
  come("b", "Ben");
  room.answers.error = new HeliographError("not_loaded", "");
  actions.send(picked("a"));
  await turn();
  expect(last().problem).toBe("not_loaded");
  actions.dismissProblem();
  expect(last().problem).toBeNull();
});

it("shows what is offered, and hands over what was received", async () => {
  follow();
  come("b", "Ben");
  const file = new Blob(["x"]);
  const offered = transfer({ done: Promise.resolve(file) });
  room.emit("file", { transfer: offered });
  room.emit("transfer-updated", { transfer: { ...offered, state: "done", bytes: 10 } });
  expect(last().rows).toMatchObject([{ id: "1", who: "Ben", state: "done", bytes: 10 }]);
  await turn();
  expect(saved).toEqual([[file, "a.jpg"]]);
});

it("saves nothing of what we send, nor of what has failed", async () => {
  follow();
  const failed = Promise.reject(new HeliographError("peer_gone", ""));
  room.emit("transfer-updated", { transfer: transfer({ id: "1", done: failed }) });
  const sent = transfer({ id: "2", direction: "up", done: Promise.resolve(null) });
  room.emit("transfer-updated", { transfer: sent });
  await turn();
  expect(saved).toEqual([]);
});

it("passes on what the buttons say, and nothing for a transfer that is unknown", () => {
  const actions = follow();
  const offered = transfer();
  room.emit("file", { transfer: offered });
  for (const act of ["accept", "decline", "pause", "resume", "cancel"] as const) {
    actions[act]("unknown");
    expect(offered[act]).not.toHaveBeenCalled();
    actions[act]("1");
    expect(offered[act]).toHaveBeenCalledOnce();
  }
  actions.dismiss("1");
  expect(last().rows).toEqual([]);
});
