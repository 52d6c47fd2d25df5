/** When a channel counts as silent: the table at the head of pulse.ts, on a virtual clock. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pulse } from "../../src/peer/pulse.js";

let beats: number;
let bytes: number | null;
let changes: boolean[];
let pulse: Pulse;

beforeEach(() => {
  vi.useFakeTimers();
  [beats, bytes, changes] = [0, 0, []];
  pulse = new Pulse({
    beat: () => {
      beats += 1;
    },
    bytes: async () => bytes,
    changed: () => changes.push(pulse.silent),
  });
  pulse.start();
});
afterEach(() => {
  pulse.stop();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("an empty message goes every 0.75 s, unless something else went", async () => {
  await pass(3_000);
  expect(beats).toBe(4);
  for (let n = 0; n < 10; n += 1) {
    pulse.sent();
    await pass(500);
  }
  expect(beats).toBe(4);
});

test("who has sent empty messages is silent after 1.3 s to 1.5 s, until something comes", async () => {
  pulse.heard(true);
  await pass(1_250);
  expect(pulse.silent).toBe(false);
  await pass(300);
  expect(changes).toEqual([true]);
  pulse.heard(false);
  expect(changes).toEqual([true, false]);
});

test("who sends none is never silent", async () => {
  pulse.heard(false);
  await pass(60_000);
  pulse.doubt();
  expect(changes).toEqual([]);
});

test("bytes that come keep it heard: a large message, or media", async () => {
  pulse.heard(true);
  for (let n = 0; n < 20; n += 1) {
    bytes = (bytes ?? 0) + 1_000;
    await pass(500);
  }
  expect(changes).toEqual([]);
  await pass(3_000);
  expect(changes).toEqual([true]);
});

test("a browser that does not count bytes is believed", async () => {
  bytes = null;
  pulse.heard(true);
  await pass(10_000);
  expect(changes).toEqual([]);
});

test("a page that stood still listens again first", async () => {
  pulse.heard(true);
  vi.setSystemTime(Date.now() + 10_000);
  vi.spyOn(performance, "now").mockReturnValue(performance.now() + 10_000);
  await pass(250);
  expect(changes).toEqual([]);
  vi.restoreAllMocks();
});

test("a reason to doubt is enough", () => {
  pulse.heard(true);
  pulse.doubt();
  pulse.doubt();
  expect(changes).toEqual([true]);
});

test("stopped, it does nothing", async () => {
  pulse.heard(true);
  pulse.stop();
  await pass(10_000);
  expect([beats, changes]).toEqual([0, []]);
});
