/** The parts that need no browser. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../src/errors.js";
import { Batch } from "../src/peer/batch.js";
import { Held } from "../src/peer/held.js";
import { Recovery } from "../src/peer/recovery.js";
import { resend } from "../src/peer/resend.js";
import { Departed } from "../src/room/departed.js";
import { Emitter } from "../src/room/events.js";
import { checkData, checkText, fit } from "../src/room/saying.js";
import { Seen } from "../src/room/seen.js";
import { backoff, pause } from "../src/timing/backoff.js";
import { drawPc, sequence } from "../src/wire/ids.js";
import { parseReply } from "../src/wire/parse.js";
import type { Candidate } from "../src/wire/protocol.js";

const candidate = (n: number): Candidate => ({ candidate: `candidate:${n}` });
const candidates = (n: number) => Array.from({ length: n }, (_, i) => candidate(i));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("seen", () => {
  test("a message is new once, for each sender", () => {
    const seen = new Seen();
    expect([seen.first("a", 1), seen.first("a", 1), seen.first("b", 1)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(seen.highest("a")).toBe(1);
    expect(seen.highest("c")).toBe(-1);
  });

  test("order does not matter within its memory; what is older counts as seen", () => {
    const seen = new Seen(4);
    for (const seq of [10, 30, 20, 40, 50]) expect(seen.first("a", seq)).toBe(true);
    expect(seen.first("a", 45)).toBe(true);
    expect(seen.first("a", 5)).toBe(false);
  });

  test("of too many senders it forgets the one silent longest", () => {
    const seen = new Seen(4, 2);
    for (const from of ["a", "b", "a", "c"]) seen.first(from, 1);
    expect(seen.first("a", 1)).toBe(false);
    expect(seen.first("b", 1)).toBe(true);
  });
});

describe("departed", () => {
  test("what was under way does not count, what a new page says does", () => {
    const departed = new Departed(2);
    const page = 1_795_000_000_000_000;
    departed.add("a", page + 7);
    expect(departed.sentBefore("a", page + 9)).toBe(true);
    expect(departed.sentBefore("a", page + 1_000_000)).toBe(false);
    departed.remove("a");
    expect(departed.sentBefore("a", page)).toBe(false);
    for (const id of ["b", "c", "d"]) departed.add(id, page);
    expect(departed.sentBefore("b", page)).toBe(false);
    expect(departed.sentBefore("d", page)).toBe(true);
  });
});

describe("held", () => {
  test("candidates are kept by sender and connection, and given once", () => {
    const held = new Held();
    held.put("a", "x", [candidate(1)]);
    held.put("a", "x", [candidate(2)]);
    held.put("a", "y", [candidate(3)]);
    expect(held.take("a", "x")).toEqual([candidate(1), candidate(2)]);
    expect(held.take("a", "x")).toEqual([]);
    expect(held.take("b", "y")).toEqual([]);
  });

  test("it holds a bounded number", () => {
    const held = new Held(2);
    for (const pc of ["x", "y", "z"]) held.put("a", pc, candidates(100));
    expect(held.take("a", "x")).toEqual([]);
    expect(held.take("a", "z")).toHaveLength(64);
  });
});

describe("batch", () => {
  test("candidates within 30 ms travel together", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    batch.add(candidate(1));
    vi.advanceTimersByTime(20);
    batch.add(candidate(2));
    vi.advanceTimersByTime(10);
    expect(sent).toEqual([2]);
  });

  test("later batches wait longer, and not for more when gathering has ended", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    batch.add(candidate(1));
    vi.advanceTimersByTime(30);
    batch.add(candidate(2));
    vi.advanceTimersByTime(59);
    expect(sent).toEqual([1]);
    batch.end();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([1, 1]);
  });

  test("paused, it keeps what gathers for the description", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.add(candidate(1));
    batch.end();
    vi.advanceTimersByTime(1_000);
    expect(batch.take()).toEqual([candidate(1)]);
    batch.resume();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([]);
  });

  test("a full batch goes at once, and a cleared one never", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    for (const each of candidates(64)) batch.add(each);
    expect(sent).toEqual([64]);
    batch.add(candidate(1));
    batch.clear();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([64]);
  });
});

describe("resend", () => {
  test("again after 1, 2 and 4 s, then no more", () => {
    const times: number[] = [];
    const start = Date.now();
    resend(
      () => times.push(Date.now() - start),
      () => 0,
    );
    vi.advanceTimersByTime(60_000);
    expect(times).toEqual([1_000, 3_000, 7_000]);
  });

  test("jitter adds up to a fifth, and stop stops", () => {
    const action = vi.fn();
    const stop = resend(action, () => 1);
    vi.advanceTimersByTime(1_199);
    expect(action).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(action).toHaveBeenCalledTimes(1);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(action).toHaveBeenCalledTimes(1);
  });
});

describe("recovery", () => {
  function recovery() {
    const log: (number | "given up")[] = [];
    const it = new Recovery(
      (attempt) => log.push(attempt),
      () => log.push("given up"),
      () => 0,
    );
    return { it, log };
  }

  test("six tries, then it is given up, until there is news", () => {
    const { it, log } = recovery();
    it.due(1_000);
    vi.advanceTimersByTime(300_000);
    expect(log).toEqual([1, 2, 3, 4, 5, 6, "given up"]);
    expect(it.exhausted).toBe(true);
    it.due(0);
    vi.advanceTimersByTime(1);
    expect(log).toHaveLength(7);
    it.again(0);
    vi.advanceTimersByTime(1);
    expect(log).toHaveLength(8);
    it.reset();
  });

  test("a try that is due is not put off, and success ends it", () => {
    const { it, log } = recovery();
    it.due(1_000);
    it.due(5_000);
    vi.advanceTimersByTime(1_000);
    expect(log).toEqual([1]);
    it.reset();
    vi.advanceTimersByTime(300_000);
    expect(log).toEqual([1]);
  });
});

describe("backoff", () => {
  test("at once, then below 1, 2, 4 … 30 s", () => {
    const most = [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff(attempt, () => 1));
    expect(most).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(backoff(5, () => 0)).toBe(0);
  });

  test("a pause ends when it is aborted", async () => {
    const controller = new AbortController();
    const paused = pause(60_000, controller.signal);
    controller.abort();
    await expect(paused).resolves.toBeUndefined();
    await expect(pause(60_000, controller.signal)).resolves.toBeUndefined();
  });
});

describe("events", () => {
  test("a listener hears until it is stopped", () => {
    const events = new Emitter<{ ping: number }>();
    const heard: number[] = [];
    const stop = events.on("ping", (n) => heard.push(n));
    events.emit("ping", 1);
    stop();
    events.emit("ping", 2);
    expect(heard).toEqual([1]);
  });
});

describe("ids", () => {
  test("seq starts at the clock and increases", () => {
    const next = sequence(1_795_000_000_000);
    expect([next(), next()]).toEqual([1_795_000_000_000_000, 1_795_000_000_000_001]);
    expect(Number.isSafeInteger(next())).toBe(true);
  });

  test("a connection's name has the right form", () => {
    expect(drawPc()).toMatch(/^[A-Za-z0-9_-]{12}$/);
    expect(drawPc()).not.toBe(drawPc());
  });
});

describe("saying", () => {
  const code = (action: () => unknown): unknown => {
    try {
      return action();
    } catch (error) {
      return error instanceof HeliographError ? error.code : error;
    }
  };

  test("a text has 1 to 4,096 characters, however many bytes they take", () => {
    expect(code(() => checkText("🙂".repeat(4_096)))).toBeUndefined();
    expect(code(() => checkText("🙂".repeat(4_097)))).toBe("too_large");
    expect(code(() => checkText(""))).toBe("invalid_message");
  });

  test("data is JSON of limited depth", () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    expect(code(() => checkData({ a: [null] }))).toEqual({ a: [null] });
    expect(code(() => checkData(deep(15)))).toEqual(deep(15));
    expect(code(() => checkData(deep(16)))).toBe("too_large");
    expect(code(() => checkData(undefined))).toBe("invalid_message");
    expect(code(() => checkData(1n))).toBe("invalid_message");
  });

  test("what the server would refuse is refused here", () => {
    const envelope = (body: string) => ({ v: 1 as const, seq: 1, kind: "data" as const, body });
    expect(code(() => fit(envelope("é".repeat(16_000))))).toMatchObject({ seq: 1 });
    expect(code(() => fit(envelope("é".repeat(16_400))))).toBe("too_large");
  });
});

describe("errors", () => {
  test("an error knows its code, and status and pause if there are any", () => {
    const error = new HeliographError("busy", "Try again.", { status: 503, retryAfter: 2 });
    expect(error).toMatchObject({
      name: "HeliographError",
      code: "busy",
      status: 503,
      retryAfter: 2,
    });
    expect(new HeliographError("aborted", "").status).toBeUndefined();
  });

  test("a refusal of the hub is read, anything else is a yes", () => {
    const refusal = { ok: false, code: "rate_limited", message: "Slower.", retryAfter: 1 };
    expect(parseReply(refusal)).toEqual(refusal);
    expect([{ ok: true }, null, 1, { ok: false }].map((v) => parseReply(v).ok)).toEqual(
      Array(4).fill(true),
    );
  });
});
