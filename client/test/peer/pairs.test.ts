/** Which of the pairs that stamps make of two people's offers counts (docs/protocol.md §5). */
import { describe, expect, test } from "vitest";
import { type Before, isOffer, judge, type Pair } from "../../src/peer/pairs.js";
import type { Offer } from "../../src/wire/protocol.js";

const offer = (seq: number, lite = true): Offer => {
  const words = ["v=0", ...(lite ? ["a=ice-lite"] : []), "m=application 9 UDP/DTLS/SCTP x", ""];
  return { seq, body: { pc: `pc${seq}`, sdp: words.join("\r\n") } };
};

describe("the offer of a pair", () => {
  test.each<[string, Offer, Offer, boolean]>([
    ["of two that give way is that of the smaller id", offer(1), offer(2), true],
    ["is the one that does not give way, if that is ours", offer(1, false), offer(2), true],
    ["is the one that does not give way, if that is theirs", offer(1), offer(2, false), false],
  ])("%s", (_, ours, theirs, expected) => {
    expect(isOffer("A", "B", ours, theirs)).toBe(expected);
  });

  test("is the same one from both sides", () => {
    for (const [a, b] of [
      [offer(1), offer(2)],
      [offer(1, false), offer(2)],
      [offer(1), offer(2, false)],
    ] as const) {
      expect(isOffer("A", "B", a, b)).toBe(!isOffer("B", "A", b, a));
    }
  });
});

describe("a pair is", () => {
  const pair = (ours: number, theirs: number, offers = true): Pair => ({ ours, theirs, offers });

  test.each<[string, Pair, Before, string]>([
    ["used, if nothing is described yet", pair(1, 2), "new", "use"],
    ["ignored, if something else is under way or works", pair(9, 9), "other", "ignore"],
    ["ignored, if it is told again", pair(1, 2), pair(1, 2), "ignore"],
    ["used in place of one with a lower answer, theirs", pair(1, 4), pair(3, 2), "use"],
    ["used in place of one with a lower answer, ours", pair(4, 1, false), pair(2, 3, false), "use"],
    ["ignored, if its answer is lower", pair(3, 2), pair(1, 4), "ignore"],
    ["used, if its offer is higher and the answer the same", pair(3, 2), pair(1, 2), "use"],
    ["ignored, if its offer is lower and the answer the same", pair(1, 2), pair(3, 2), "ignore"],
  ])("%s", (_, next, before, verdict) => {
    expect(judge(next, before, true)).toBe(verdict);
    expect(judge(next, before, false)).toBe(verdict === "use" ? "offer" : verdict);
  });

  test("the same for both sides, in whatever order they hear of two", () => {
    const seqs = [1, 2].flatMap((a) => [3, 4].map((b) => [a, b] as const));
    for (const [a, b] of seqs) {
      for (const [c, d] of seqs) {
        const last = (first: Pair, second: Pair) =>
          judge(second, first, true) === "use" ? second : first;
        const offerer = [pair(a, b), pair(c, d)] as const;
        const answerer = [pair(d, c, false), pair(b, a, false)] as const;
        const [one, other] = [last(...offerer), last(...answerer)];
        expect([one.ours, one.theirs]).toEqual([other.theirs, other.ours]);
      }
    }
  });
});
