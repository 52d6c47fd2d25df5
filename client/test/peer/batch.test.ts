/** How our candidates are gathered into few messages. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Batch } from "../../src/peer/batch.js";
import type { Candidate } from "../../src/wire/protocol.js";

const candidate = (n: number): Candidate => ({ candidate: `candidate:${n}` });
const candidates = (n: number) => Array.from({ length: n }, (_, i) => candidate(i));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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

  test("long candidates go in as many messages as the servers take", () => {
    const sent: Candidate[][] = [];
    const batch = new Batch((all) => sent.push(all));
    const long = Array.from({ length: 64 }, (_, n) => ({
      ...{ candidate: `candidate:${n} `.padEnd(512, "x"), sdpMid: "0", sdpMLineIndex: 0 },
      usernameFragment: "u".repeat(256),
    }));
    batch.resume();
    for (const each of long) batch.add(each);
    batch.end();
    expect(sent.flat()).toEqual(long);
    expect(sent).toHaveLength(2);
    for (const candidates of sent) {
      const body = { pc: "p".repeat(64), candidates };
      const ids = { v: 1, seq: Number.MAX_SAFE_INTEGER, to: "A".repeat(16) };
      const envelope = JSON.stringify({ ...ids, kind: "candidates", body });
      expect(new TextEncoder().encode(envelope).length).toBeLessThanOrEqual(32_768);
    }
  });

  test("one that is larger than a message does not keep the others", () => {
    const sent: Candidate[][] = [];
    const batch = new Batch((all) => sent.push(all));
    batch.resume();
    batch.add({ candidate: "x".repeat(40_000) });
    batch.add(candidate(1));
    batch.end();
    expect(sent.map((all) => all.length)).toEqual([1, 1]);
  });

  const typed = (type: string): Candidate => ({ candidate: `candidate:1 1 udp 1 a 1 typ ${type}` });

  test("a server-reflexive candidate takes the others along after 10 ms, a relay's at once", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    batch.add(typed("host"));
    batch.add(typed("srflx"));
    vi.advanceTimersByTime(9);
    batch.add(typed("srflx"));
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual([3]);
    batch.add(typed("srflx"));
    batch.add(typed("relay"));
    expect(sent).toEqual([3, 2]);
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([3, 2]);
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

  test("it pauses for the next description and takes up where it was", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    batch.add(candidate(1));
    batch.pause();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([]);
    batch.resume();
    vi.advanceTimersByTime(30);
    expect(sent).toEqual([1]);
  });

  test("to go on while it goes on changes nothing", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    batch.resume();
    batch.add(candidate(1));
    vi.advanceTimersByTime(30);
    batch.resume();
    batch.add(candidate(2));
    vi.advanceTimersByTime(59);
    expect(sent).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual([1, 1]);
  });

  test("what does not fit in one description goes in batches after it", () => {
    const sent: number[] = [];
    const batch = new Batch((all) => sent.push(all.length));
    for (const each of candidates(100)) batch.add(each);
    expect(batch.take()).toHaveLength(64);
    batch.resume();
    vi.advanceTimersByTime(30);
    expect(sent).toEqual([36]);
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
