import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ask } from "../src/stats/ask.js";
import { createFormat } from "../src/stats/format.js";
import { keep, readKept } from "../src/stats/kept.js";
import { poll, type Watched } from "../src/stats/poll.js";
import { rangeLink, readRange } from "../src/stats/range.js";
import { screenOf } from "../src/stats/screen.js";
import { opening, reduce, type State } from "../src/stats/state.js";
import { parseSummary, type Summary } from "../src/stats/summary.js";
import { todayWords } from "../src/today.js";
import { example, few, NOW } from "./stats-example.js";

const FORMAT = createFormat("en-GB", "UTC");
const summaryOf = (json: unknown): Summary => parseSummary(json) as Summary;
const screen = (state: State): ReturnType<typeof screenOf> => screenOf(state, FORMAT);
const here = (json: unknown): State =>
  reduce(opening(7), { type: "answered", range: 7, summary: summaryOf(json), at: NOW });

it.each([
  ["", 30],
  ["?days=7", 7],
  ["?days=365", 365],
  ["?days=8", 30],
  ["?days=07", 30],
  ["?days=constructor", 30],
])("reads %j as %d days", (query, days) => {
  expect(readRange(new URL(`https://h.example/stats/${query}`))).toBe(days);
});

it("reads back the link it makes", () => {
  expect(readRange(new URL(rangeLink(90), "https://h.example/stats/"))).toBe(90);
});

it("keeps the place of the figures while they are on the way", () => {
  expect(screen(opening(7))).toMatchObject({ type: "full", problem: "" });
});

it("shows the answer, and from when it is", () => {
  expect(screen(here(example()))).toMatchObject({ type: "full", when: "As of 14:30", demo: false });
  expect(screen(here(example(7, { demo: true }))).demo).toBe(true);
});

it("says so when nobody has called, when too few have, and when too few in this range have", () => {
  const nobody = { calls: 0, peers: 0 };
  expect(screen(here({ ...few(), total: nobody }))).toMatchObject({ title: "No calls yet" });
  expect(screen(here(few()))).toMatchObject({ type: "empty", title: "No calls yet" });
  const daily = [{ day: "2027-03-09", calls: null, peers: null }];
  expect(screen(here({ ...few(), daily }))).toMatchObject({
    title: "Too few calls to show",
    words: expect.stringContaining("fewer than 10 calls are not shown"),
  });
  const total = { calls: 40, peers: 80 };
  expect(screen(here({ ...few(), daily, total }))).toMatchObject({
    title: "Too few calls in this range",
    words: expect.stringContaining("40"),
  });
});

it("shows the last answer while the backend is away, and says how old it is", () => {
  const away = reduce(here(example()), { type: "away", range: 7 });
  expect(screen(away)).toMatchObject({
    type: "full",
    problem: expect.stringContaining("9 Mar 2027, 14:30"),
  });
  const back = reduce(away, { type: "same", range: 7, at: NOW + 60_000 });
  expect(screen(back)).toMatchObject({ problem: "", when: "As of 14:31" });
});

it("has nothing but the problem to show without any answer", () => {
  const away = reduce(opening(7), { type: "away", range: 7 });
  expect(screen(away)).toMatchObject({ type: "away", problem: expect.stringMatching(/by itself/) });
  expect(screen(reduce(away, { type: "retried" }))).toMatchObject({ type: "full", problem: "" });
});

it("takes no answer to a range that nobody looks at any more", () => {
  const state = reduce(here(example()), { type: "ranged", range: 90, kept: null });
  expect(state.summary).toBeNull();
  expect(reduce(state, { type: "away", range: 7 })).toBe(state);
});

it("begins with what was kept of a range", () => {
  const kept = { summary: summaryOf(example(90)), at: NOW };
  expect(reduce(opening(7), { type: "ranged", range: 90, kept })).toMatchObject({
    range: 90,
    reply: "asking",
    at: NOW,
  });
});

function memory(): Pick<Storage, "getItem" | "setItem"> {
  const held = new Map<string, string>();
  return { getItem: (key) => held.get(key) ?? null, setItem: (key, value) => held.set(key, value) };
}

it("keeps the last answer to each range", () => {
  const store = memory();
  const kept = { etag: '"a"', at: NOW, answer: example() };
  keep(() => store, 7, kept);
  expect(readKept(() => store, 7)).toEqual(kept);
  expect(readKept(() => store, 30)).toBeNull();
});

it.each(["{", "null", "7", '{"at":"x","answer":{}}', '{"at":1}'])("forgets %s", (junk) => {
  expect(readKept(() => ({ getItem: () => junk, setItem: () => {} }), 7)).toBeNull();
});

it("works where storage is closed", () => {
  const closed = (): Storage => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  expect(() => keep(closed, 7, { etag: null, at: 1, answer: 1 })).not.toThrow();
  expect(readKept(closed, 7)).toBeNull();
});

const answering =
  (body: unknown, init: ResponseInit = {}): typeof fetch =>
  async () =>
    new Response(body === null ? null : JSON.stringify(body), init);
const question = { backend: "https://h.example/api/", days: 7 };

it("asks for the range, with the tag of what it has", async () => {
  const calls: Request[] = [];
  const get: typeof fetch = async (input, init) => {
    calls.push(new Request(input, init));
    return new Response(JSON.stringify(example()), { headers: { etag: '"b"' } });
  };
  const reply = await ask({ ...question, etag: '"a"', fetch: get });
  expect(calls[0]?.url).toBe("https://h.example/api/stats?days=7");
  expect(calls[0]?.headers.get("if-none-match")).toBe('"a"');
  expect(reply).toMatchObject({ type: "answer", etag: '"b"', answer: example() });
});

it("knows that nothing is new", async () => {
  const reply = await ask({ ...question, fetch: answering(null, { status: 304 }) });
  expect(reply).toEqual({ type: "same" });
});

it.each([
  ["an error", answering({ error: {} }, { status: 503 })],
  ["junk", answering({ hello: 1 })],
  ["a page", async () => new Response("<!doctype html>")],
  ["no network", () => Promise.reject(new TypeError("Failed to fetch"))],
])("is away for %s", async (_, get) => {
  expect(await ask({ ...question, fetch: get as typeof fetch })).toEqual({ type: "away" });
});

class Page extends EventTarget implements Watched {
  hidden = false;
  turn(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("asks every minute while somebody looks, and at once when they come back late", () => {
  const [page, task] = [new Page(), vi.fn()];
  const polling = poll(task, 60_000, page);
  vi.advanceTimersByTime(120_000);
  expect(task).toHaveBeenCalledTimes(3);
  page.turn(true);
  vi.advanceTimersByTime(600_000);
  expect(task).toHaveBeenCalledTimes(3);
  page.turn(false);
  expect(task).toHaveBeenCalledTimes(4);
  polling.stop();
  vi.advanceTimersByTime(600_000);
  page.turn(false);
  expect(task).toHaveBeenCalledTimes(4);
});

it("does not ask more often for who turns away and back", () => {
  const [page, task] = [new Page(), vi.fn()];
  poll(task, 60_000, page);
  for (let turns = 0; turns < 10; turns += 1) {
    page.turn(true);
    page.turn(false);
  }
  vi.advanceTimersByTime(59_000);
  expect(task).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_000);
  expect(task).toHaveBeenCalledTimes(2);
});

it("says today's calls, and nothing where they are unknown", () => {
  const today = { calls: 123, peers: 250 };
  expect(todayWords({ today, demo: false })).toBe("123 calls today");
  expect(todayWords({ today, demo: true })).toBe("123 calls today (demonstration)");
  expect(todayWords({ today: { calls: null, peers: null }, demo: false })).toBe("");
  expect(todayWords({ today: { calls: 0, peers: 0 }, demo: false })).toBe("");
});
