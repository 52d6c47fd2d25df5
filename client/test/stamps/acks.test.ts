import { describe, expect, test } from "vitest";
import {
  type Acks,
  acksDue,
  GATHER_MS,
  MAX_BATCH_SEQS,
  NO_ACKS,
  nextAckAt,
  received,
  withoutAcksTo,
} from "../../src/stamps/acks.js";

const NOW = 10_000;
const numbers = (count: number, first = 0) => [...Array(count).keys()].map((n) => n + first);
const after = (seqs: number[], from = "ann", now = NOW, acks: Acks = NO_ACKS) =>
  seqs.reduce((all, seq) => received(all, from, seq, now), acks);

describe("what is to be acknowledged", () => {
  test("goes together, 200 ms after the first", () => {
    const acks = received(after([7]), "ann", 8, NOW + 150);
    expect(nextAckAt(acks)).toBe(NOW + GATHER_MS);
    expect(acksDue(acks, NOW + GATHER_MS - 1)).toEqual([acks, []]);
    expect(acksDue(acks, NOW + GATHER_MS)).toEqual([NO_ACKS, [{ to: "ann", seqs: [7, 8] }]]);
  });

  test("goes at once when a batch is full", () => {
    expect(nextAckAt(after(numbers(MAX_BATCH_SEQS - 1)))).toBe(NOW + GATHER_MS);
    const full = after(numbers(MAX_BATCH_SEQS));
    expect(nextAckAt(full)).toBe(NOW);
    expect(acksDue(full, NOW)[1]).toEqual([{ to: "ann", seqs: numbers(MAX_BATCH_SEQS) }]);
  });

  test("is split into batches that an envelope takes", () => {
    const [rest, batches] = acksDue(after(numbers(150)), NOW);
    expect(batches.map(({ seqs }) => seqs.length)).toEqual([64, 64, 22]);
    expect(batches.flatMap(({ seqs }) => seqs)).toEqual(numbers(150));
    expect(rest).toEqual(NO_ACKS);
  });

  test("counts once while it waits, and again when it comes after that", () => {
    const [rest, [first]] = acksDue(after([7, 7, 7]), NOW + GATHER_MS);
    expect(first?.seqs).toEqual([7]);
    expect(acksDue(after([7], "ann", NOW, rest), NOW + GATHER_MS)[1]).toHaveLength(1);
  });

  test("waits for each sender by itself", () => {
    const acks = after([3], "bob", NOW + 100, after([7]));
    const [rest, batches] = acksDue(acks, NOW + GATHER_MS);
    expect(batches).toEqual([{ to: "ann", seqs: [7] }]);
    expect(nextAckAt(rest)).toBe(NOW + 100 + GATHER_MS);
  });

  test("is not owed to somebody who is gone", () => {
    const acks = withoutAcksTo(after([3], "bob", NOW, after([7])), "ann");
    expect(acksDue(acks, NOW + GATHER_MS)[1]).toEqual([{ to: "bob", seqs: [3] }]);
  });

  test("is bounded: what does not fit is acknowledged when it is repeated", () => {
    const [, batches] = acksDue(after(numbers(2_000)), NOW);
    expect(batches.flatMap(({ seqs }) => seqs)).toEqual(numbers(1_024));
  });

  test("is nothing at first", () => {
    expect(nextAckAt(NO_ACKS)).toBeNull();
    expect(acksDue(NO_ACKS, NOW)).toEqual([NO_ACKS, []]);
  });
});
