/**
 * How many functions of ours a message passes on its way out. Counted in the stack at the place
 * where it leaves us: SignalR's `invoke`, `fetch`, or the data channel's `send`.
 */
import { HubConnection } from "@microsoft/signalr";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Room } from "../../src/index.js";
import { until } from "./pair.js";
import { stage } from "./stage.js";

const MAX_FRAMES = 7;
/** Room, signaling, retry, outgoing, router, hedge, stamp and hub; outgoing twice, for it gives hedge the attempt. */
const MAX_FILES = 9;
const Z = "Z".repeat(16);

const on = stage();
/** The stacks, newest last, with those of asynchronous callers. */
let stacks: { kind: string; frames: string[] }[];

beforeEach(() => {
  stacks = [];
  Error.stackTraceLimit = 50;
  watch(HubConnection.prototype, "invoke", (_, text) => kindOf(JSON.parse(String(text) || "{}")));
  watch(RTCDataChannel.prototype, "send", (text) => kindOf(JSON.parse(String(text) || "{}")));
  watch(globalThis, "fetch", (_, init) =>
    kindOf(JSON.parse(String((init as RequestInit)?.body ?? "{}"))),
  );
});
afterEach(() => {
  vi.restoreAllMocks();
  Error.stackTraceLimit = 10;
});

const kindOf = (envelope: unknown) => String((envelope as { kind?: string } | null)?.kind);

/** Notes the stack of each call, and lets it pass. */
function watch(owner: object, name: string, kind: (...args: unknown[]) => string): void {
  const methods = owner as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[name];
  if (!original) throw new Error(`no ${name}`);
  vi.spyOn(methods, name).mockImplementation(function (this: unknown, ...args) {
    stacks.push({ kind: kind(...args), frames: framesOf(new Error().stack ?? "") });
    return original.apply(this, args);
  });
}

/** The functions of client/src in a stack, innermost first: "file function". */
function framesOf(stack: string): string[] {
  return stack.split("\n").flatMap((line) => {
    const file = /\/src\/([\w-]+(?:\/[\w-]+)?\.ts)/.exec(line)?.[1];
    if (!file) return [];
    const [name = ""] = /^at (?:async )?[^ (]*/.exec(line.trim()) ?? [];
    return [`${file} ${name.replace(/^at (async )?/, "")}`];
  });
}

/** The files of some frames, as long as the next is in the same one: a message that comes to a file twice counts. */
function filesOf(frames: readonly string[]): string[] {
  const files = frames
    .map((frame) => frame.split(" ")[0] ?? "")
    .filter((file) => file.endsWith(".ts"));
  return files.filter((file, n) => file !== files[n - 1]);
}

async function pairOfRooms(): Promise<[Room, Room]> {
  const a = await on.enter("Ann");
  await until(() => [...on.backend.seats.values()].some(({ offer }) => offer));
  await until(() => a.state === "connected");
  const b = await on.enter("Bob");
  await until(() => [a, b].every((room) => [...room.peers.values()][0]?.state === "connected"));
  await until(() => b.state === "connected");
  return [a, b];
}

/** Somebody joins and does not answer. */
function meetSomebody(): void {
  const seat = { id: Z, name: "", role: "guest" as const, visit: 1 };
  on.backend.seats.set(Z, { ...seat, silentSince: Date.now() });
  on.backend.push("joined", { peer: Z, name: "", role: "guest", joinedAt: 1, visit: 1 });
}

/**
 * The functions that the last text passed, from `sendText` on. V8 leaves an async function out of
 * the stack that only returns the promise of another one, so `sendText` itself is added.
 */
function framesOfText(): string[] {
  const last = stacks.filter(({ kind }) => kind === "text").at(-1);
  if (!last) throw new Error("no text was sent");
  const seen = last.frames.some((frame) => frame.includes("sendText"));
  return seen ? last.frames : [...last.frames, "sendText"];
}

test("a text to everyone, by the socket", async () => {
  const a = await on.enter("Ann");
  await until(() => a.state === "connected");
  meetSomebody();
  await until(() => a.peers.size === 1);
  expect(await a.sendText("hello")).toBe("server");
  expect(framesOfText().join("\n")).toMatch(/invoke[\s\S]*sendText/);
  expect(filesOf(framesOfText()).length).toBeLessThanOrEqual(MAX_FILES);
  console.info(`By the socket: ${framesOfText().join(" ← ")}`);
});

test("a text to one peer, by the socket", async () => {
  const a = await on.enter("Ann");
  await until(() => a.state === "connected");
  meetSomebody();
  await until(() => a.peers.size === 1);
  expect(await a.sendText("hello", Z)).toBe("server");
  expect(filesOf(framesOfText()).length).toBeLessThanOrEqual(MAX_FILES);
});

test("a text in the channel", async () => {
  const [a] = await pairOfRooms();
  expect(await a.sendText("hello")).toBe("p2p");
  expect(framesOfText().length).toBeLessThanOrEqual(MAX_FRAMES);
  expect(framesOfText().join("\n")).toMatch(/channel\.ts[\s\S]*peer\.ts[\s\S]*sendText/);
  console.info(`In the channel: ${framesOfText().join(" ← ")}`);
});

/**
 * The stack of an answer. One that has to wait for its socket is sent by what opens that, so it is asked
 * again until one was sent at once.
 */
async function framesOfAnswer(): Promise<string[]> {
  for (let tries = 0; tries < 10; tries += 1) {
    stacks = [];
    await pairOfRooms();
    const { frames = [] } = stacks.find(({ kind }) => kind === "answer") ?? {};
    if (frames.some((frame) => frame.startsWith("peer/"))) return frames;
    await on.leave();
  }
  throw new Error("every answer has waited for its socket");
}

test("an answer passes from the negotiation to signaling without other hands", async () => {
  const frames = await framesOfAnswer();
  const files = filesOf(frames).filter((file) => !file.startsWith("wire/"));
  expect(files.slice(-2)).toEqual(["room/signaling.ts", "peer/negotiator.ts"]);
  expect(files.length).toBeLessThanOrEqual(MAX_FILES);
  console.info(`An answer: ${frames.join(" ← ")}`);
});
