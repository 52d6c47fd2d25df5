/** By which stamps a message goes, and where an offer lies parked. */
import { beforeEach, describe, expect, test } from "vitest";
import { Outgoing } from "../../src/room/outgoing.js";
import type { Reach } from "../../src/stamps/presence-types.js";
import { Router } from "../../src/stamps/router.js";
import { pause } from "../../src/timing/backoff.js";
import type { Envelope } from "../../src/wire/protocol.js";
import { TestStamp } from "./test-stamp.js";

const A = "AAAAAAAAAAAAAAAA";
const OFFER: Envelope = { v: 1, seq: 5, kind: "offer", body: { pc: "p1", sdp: "v=0" } };

let one: TestStamp;
let two: TestStamp;
/** Where A is. */
let reaches: [Reach, Reach];
let more: number[][];
let outgoing: Outgoing;

beforeEach(() => {
  [one, two] = [new TestStamp("one"), new TestStamp("two")];
  reaches = ["here", "here"];
  more = [[], []];
  const router = new Router(2, { now: () => performance.now(), pause });
  for (const stamp of [0, 1]) router.opened(stamp);
  outgoing = new Outgoing([one, two], router, {
    reach: (stamp) => reaches[stamp as 0 | 1],
    reachingMore: (stamp) => more[stamp] ?? [],
  });
});

const text = (seq: number, to?: string): Envelope => ({
  ...{ v: 1, seq, kind: "text", body: { text: "hi" } },
  ...(to ? { to } : {}),
});
const seqsOf = ({ posted }: TestStamp) => posted.map(({ seq }) => seq);
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("a message", () => {
  test("goes by one stamp, and says by which", async () => {
    expect(await outgoing.post(text(1, A))).toBe(0);
    expect([seqsOf(one), seqsOf(two)]).toEqual([[1], []]);
  });

  test("goes by the stamp at which its receiver is", async () => {
    reaches = ["absent", "here"];
    expect(await outgoing.post(text(1, A))).toBe(1);
  });

  test("goes by the next stamp if the first is away", async () => {
    one.isAway = true;
    expect(await outgoing.post(text(1, A))).toBe(1);
  });

  test("that is sent again goes by the other, then by the first again", async () => {
    const by = [];
    for (let n = 0; n < 3; n += 1) by.push(await outgoing.post(text(1, A)));
    expect(by.slice(0, 2)).toEqual([0, 1]);
    expect(seqsOf(one).length + seqsOf(two).length).toBe(3);
  });

  test("that is sent again goes by the same if the other does not reach its receiver", async () => {
    reaches = ["here", "absent"];
    expect([await outgoing.post(text(1, A)), await outgoing.post(text(1, A))]).toEqual([0, 0]);
  });

  test("goes by no stamp that has not admitted us, as long as one has", async () => {
    two.token = null;
    await outgoing.post(text(1, A));
    expect(await outgoing.post(text(1, A))).toBe(0);
  });

  test("is refused if no stamp takes it", async () => {
    one.isAway = true;
    two.isAway = true;
    await expect(outgoing.post(text(1, A))).rejects.toMatchObject({ code: "backend_away" });
  });

  test("to everyone goes by a second stamp if that reaches somebody more", async () => {
    more = [[1], []];
    await outgoing.post(text(1));
    await settled();
    expect([seqsOf(one), seqsOf(two)]).toEqual([[1], [1]]);
    await outgoing.post(text(2, A));
    await settled();
    expect([seqsOf(one).length, seqsOf(two).length]).toEqual([2, 1]);
  });
});

describe("an offer that waits", () => {
  test("lies at every stamp that has admitted us, and later at the others", async () => {
    two.token = null;
    outgoing.park(OFFER);
    await settled();
    expect([seqsOf(one), seqsOf(two)]).toEqual([[5], []]);
    two.token = "now";
    outgoing.repark(1);
    await settled();
    expect(two.posted).toEqual([OFFER]);
  });

  test("goes to no stamp once it is taken", async () => {
    outgoing.park(OFFER);
    await settled();
    outgoing.unpark();
    outgoing.repark(0);
    await settled();
    expect(seqsOf(one)).toEqual([5]);
  });

  test("that a stamp keeps already goes there no second time", async () => {
    const [first, second] = [OFFER, { ...OFFER, seq: 6 }];
    outgoing.brought([first, second]);
    outgoing.repark(0, [6]);
    outgoing.repark(1, [4]);
    await settled();
    expect([seqsOf(one), seqsOf(two)]).toEqual([[], [5]]);
    outgoing.unpark(5);
    outgoing.repark(0, [5]);
    await settled();
    expect(seqsOf(one)).toEqual([6]);
    outgoing.unpark(6);
    outgoing.repark(1);
    await settled();
    expect(seqsOf(two)).toEqual([5]);
  });

  test("is tried again at a stamp that fails, and no more once it is taken", async () => {
    one.isAway = true;
    outgoing.park(OFFER);
    await settled();
    one.isAway = false;
    outgoing.unpark();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect([seqsOf(one), seqsOf(two)]).toEqual([[], [5]]);
  });
});
