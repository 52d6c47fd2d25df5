/** Who has got a message: `Sending.delivered`, on a virtual clock. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { Deliveries } from "../../src/room/deliveries.js";
import { sending } from "../../src/room/sending.js";
import { MAX_MESSAGES } from "../../src/stamps/outbox.js";
import type { Envelope } from "../../src/wire/protocol.js";

const A = "AAAAAAAAAAAAAAAA";
const B = "BBBBBBBBBBBBBBBB";

let deliveries: Deliveries;
beforeEach(() => {
  vi.useFakeTimers();
  deliveries = new Deliveries({
    receiver: () => undefined,
    nextSeq: () => 9_999,
    post: async () => 0,
  });
});
afterEach(() => {
  deliveries.close();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const text = (seq: number): Envelope => ({ v: 1, seq, kind: "text", body: { text: "hi" } });
const ack = (from: string, ...seqs: number[]) =>
  deliveries.acked(from, { kind: "ack", body: { seqs } });

/** Sends it, and answers what becomes of it, as far as that is known. */
function send(seq: number, ...peers: string[]): () => unknown {
  let outcome: unknown = "on its way";
  deliveries.sent(text(seq), peers).then(
    (all) => {
      outcome = all;
    },
    (error: unknown) => {
      outcome = error instanceof HeliographError && [error.code, ...(error.peers ?? [])];
    },
  );
  return () => outcome;
}

describe("a message", () => {
  test("is delivered once all have acknowledged it, and no sooner", async () => {
    const outcome = send(1, A, B);
    ack(A, 1);
    ack(A, 1);
    ack(B, 2);
    await pass(5_000);
    expect(outcome()).toBe("on its way");
    ack(B, 1);
    await pass(0);
    expect(outcome()).toEqual([A, B]);
  });

  test("that one has and one never will is not, and says who", async () => {
    for (const [seq, isAckFirst] of [
      [1, true],
      [2, false],
    ] as const) {
      const outcome = send(seq, A, B);
      if (isAckFirst) ack(A, seq);
      deliveries.left(B);
      await pass(0);
      expect(outcome()).toEqual(isAckFirst ? ["peer_gone", B] : "on its way");
      ack(A, seq);
      await pass(0);
      expect(outcome()).toEqual(["peer_gone", B]);
    }
  });

  test("is given up after 60 s, however often it was sent", async () => {
    const outcome = send(1, A);
    await pass(30_000);
    deliveries.returned(A);
    await pass(29_000);
    expect(outcome()).toBe("on its way");
    await pass(1_100);
    expect(outcome()).toEqual(["undelivered", A]);
    ack(A, 1); // it cannot be taken back
    await pass(0);
    expect(outcome()).toEqual(["undelivered", A]);
  });

  test("is given up where too many newer ones wait", async () => {
    const outcomes = Array.from({ length: MAX_MESSAGES + 1 }, (_, seq) => send(seq, A));
    await pass(0);
    expect(outcomes[0]?.()).toEqual(["undelivered", A]);
    expect(outcomes[1]?.()).toBe("on its way");
  });

  test("that nobody was there for is delivered to nobody", async () => {
    const outcome = send(1);
    await pass(0);
    expect(outcome()).toEqual([]);
  });

  test("on its way when we leave is not", async () => {
    const outcome = send(1, A);
    deliveries.close();
    await pass(0);
    expect(outcome()).toEqual(["closed", A]);
  });
});

describe("what a call answers", () => {
  test("is how the message travels, and beside it who has got it", async () => {
    const sent = sending(Promise.resolve(["p2p", Promise.resolve([A])]));
    expect(await sent).toBe("p2p");
    expect(await sent.delivered).toEqual([A]);
  });

  test("is refused alike, and is no unhandled rejection if nobody asks for who has got it", async () => {
    const refusal = new HeliographError("closed", "");
    const sent = sending(Promise.reject(refusal));
    await expect(sent).rejects.toBe(refusal);
    const other = sending(Promise.resolve(["p2p", Promise.reject(refusal)]));
    expect(await other).toBe("p2p");
    await pass(0);
    await expect(other.delivered).rejects.toBe(refusal);
  });
});
