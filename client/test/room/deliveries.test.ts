/** Texts until they are acknowledged: the table at the head of deliveries.ts, on a virtual clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Deliveries, type Receiver } from "../../src/room/deliveries.js";
import type { Envelope } from "../../src/wire/protocol.js";

const A = "AAAAAAAAAAAAAAAA";
const B = "BBBBBBBBBBBBBBBB";

interface TestReceiver extends Receiver {
  up: boolean;
  connection: RTCPeerConnection;
  said: Envelope[];
}

let receivers: Map<string, TestReceiver>;
let posted: { envelope: Envelope; except: number[] }[];
let isAway: boolean;
let deliveries: Deliveries;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
  [receivers, posted, isAway] = [new Map(), [], false];
  let seq = 1_000;
  deliveries = new Deliveries({
    receiver: (peer) => receivers.get(peer),
    nextSeq: () => seq++,
    post: async (envelope, except = new Set()) => {
      if (isAway) throw new Error("away");
      posted.push({ envelope, except: [...except] });
      return except.has(0) ? 1 : 0;
    },
  });
});
afterEach(() => {
  deliveries.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const text = (seq: number, words = "hi"): Envelope => ({
  ...{ v: 1, seq, kind: "text", body: { text: words } },
});
const connection = () => ({}) as RTCPeerConnection;
const kinds = () => posted.map(({ envelope }) => envelope.kind);

function receiver(peer: string, up: boolean): TestReceiver {
  const made: TestReceiver = {
    up,
    connection: connection(),
    said: [],
    say: async (envelope) => {
      if (made.up) made.said.push(envelope);
      return made.up;
    },
  };
  receivers.set(peer, made);
  return made;
}

const ack = (from: string, ...seqs: number[]) =>
  deliveries.acked(from, { kind: "ack", body: { seqs } });

describe("a text that a stamp has taken", () => {
  test("goes again after 1, 2 and 4 s, by the other stamp first", async () => {
    receiver(A, false);
    deliveries.sent(text(1), [A], 0);
    await pass(999);
    expect(posted).toEqual([]);
    await pass(1);
    expect(posted.map(({ except }) => except)).toEqual([[0]]);
    await pass(60_000);
    expect(posted.map(({ envelope }) => envelope)).toEqual([text(1), text(1), text(1)]);
  });

  test("goes at a pace that a stamp takes, however many are owed, and once each", async () => {
    receiver(A, false);
    for (let seq = 1; seq <= 100; seq += 1) deliveries.sent(text(seq), [A], 0);
    await pass(35_000);
    posted = [];
    deliveries.returned(A);
    await pass(0);
    deliveries.returned(A); // as two stamps tell it
    await pass(900);
    expect(posted.length).toBeGreaterThan(20);
    expect(posted.length).toBeLessThanOrEqual(30);
    ack(A, ...posted.map(({ envelope }) => envelope.seq));
    await pass(12_000);
    const seqs = posted.map(({ envelope }) => envelope.seq);
    expect(new Set(seqs).size).toBe(100);
  });

  test("goes no more once everyone has acknowledged it", async () => {
    deliveries.sent(text(1), [A, B], 0);
    ack(A, 1);
    await pass(1_000);
    expect(posted).toHaveLength(1);
    ack(B, 1);
    await pass(60_000);
    expect(posted).toHaveLength(1);
  });

  test("goes no more to whom has left", async () => {
    deliveries.sent(text(1), [A], 0);
    deliveries.left(A);
    await pass(60_000);
    expect(posted).toEqual([]);
  });

  test("goes at once when its receiver is back", async () => {
    deliveries.sent(text(1), [A], 0);
    await pass(20_000);
    const before = posted.length;
    deliveries.returned(A);
    await pass(0);
    expect(posted).toHaveLength(before + 1);
  });

  test("rests after the third time, and goes three times more when its receiver comes to another stamp", async () => {
    deliveries.sent(text(1), [A], 0);
    await pass(20_000);
    expect(posted).toHaveLength(3);
    deliveries.returned(A); // `receives` of a member (members.ts)
    await pass(0);
    expect(posted.map(({ except }) => except).at(-1)).toEqual([]); // it may be there by any of them
    await pass(20_000);
    expect(posted).toHaveLength(6);
  });

  test("rests on when somebody comes who does not owe it", async () => {
    deliveries.sent(text(1), [A], 0);
    await pass(20_000);
    deliveries.returned(B);
    await pass(10_000);
    expect(posted).toHaveLength(3);
  });

  test("goes by the channel if that has opened meanwhile", async () => {
    const a = receiver(A, false);
    deliveries.sent(text(1), [A], 0);
    a.up = true;
    await pass(1_000);
    expect([a.said, posted]).toEqual([[text(1)], []]);
  });

  test("survives that no stamp takes it for a while", async () => {
    isAway = true;
    deliveries.sent(text(1), [A], 0);
    await pass(1_500);
    isAway = false;
    await pass(1_500);
    expect(posted).toHaveLength(1);
  });
});

describe("a text that a channel has taken", () => {
  test("is left to it while it is open", async () => {
    const a = receiver(A, true);
    deliveries.saidTo(A, 1);
    deliveries.sent(text(1), [A]);
    await pass(60_000);
    expect([a.said, posted]).toEqual([[], []]);
  });

  test("goes through the servers when the channel breaks, and by the next one when that opens", async () => {
    const a = receiver(A, true);
    deliveries.saidTo(A, 1);
    deliveries.sent(text(1), [A]);
    await pass(10_000);
    a.up = false;
    deliveries.returned(A);
    await pass(0);
    expect(kinds()).toEqual(["text"]);
    a.up = true;
    a.connection = connection();
    deliveries.returned(A);
    await pass(0);
    expect(a.said).toEqual([text(1)]);
  });

  test("does not go through the servers if it is too large for them", async () => {
    const a = receiver(A, true);
    deliveries.saidTo(A, 1);
    deliveries.sent(text(1, "x".repeat(40_000)), [A]);
    a.up = false;
    deliveries.returned(A);
    await pass(5_000);
    expect(posted).toEqual([]);
  });
});

describe("what we have received", () => {
  test("is acknowledged after 200 ms, together", async () => {
    receiver(A, false);
    for (const seq of [7, 8, 7]) deliveries.received(A, seq);
    await pass(199);
    expect(posted).toEqual([]);
    await pass(1);
    expect(posted.map(({ envelope }) => envelope)).toMatchObject([
      { to: A, kind: "ack", body: { seqs: [7, 8] } },
    ]);
  });

  test("is acknowledged in the channel if it is open", async () => {
    const a = receiver(A, true);
    deliveries.received(A, 7);
    await pass(200);
    expect([a.said.map(({ kind }) => kind), posted]).toEqual([["ack"], []]);
  });

  test("again is acknowledged again", async () => {
    deliveries.received(A, 7);
    await pass(200);
    deliveries.received(A, 7);
    await pass(200);
    expect(kinds()).toEqual(["ack", "ack"]);
  });
});

test("after the end nothing is sent, and no timer runs", async () => {
  deliveries.sent(text(1), [A], 0);
  deliveries.received(A, 7);
  deliveries.close();
  await pass(60_000);
  expect([posted, vi.getTimerCount()]).toEqual([[], 0]);
});
