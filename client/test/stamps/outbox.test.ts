import { describe, expect, test } from "vitest";
import {
  acked,
  due,
  EMPTY,
  left,
  MAX_AGE_MS,
  MAX_MESSAGES,
  MAX_OUTBOX_BYTES,
  nextDueAt,
  type Outbox,
  returned,
  sent,
  taken,
} from "../../src/stamps/outbox.js";
import type { Envelope } from "../../src/wire/protocol.js";

const NOW = 10_000;
const text = (seq: number, to?: string): Envelope => {
  const message = { v: 1, seq, kind: "text", body: { text: `text ${seq}` } } as const;
  return to === undefined ? message : { ...message, to };
};
const parcel = (seq: number, peers: string[], bytes = 100) => {
  return { envelope: text(seq, peers.length === 1 ? peers[0] : undefined), peers, bytes };
};
const post = (outbox: Outbox, seq: number, peers = ["bob"], bytes = 100) =>
  sent(outbox, parcel(seq, peers, bytes), NOW, 0);
const seqs = (outbox: Outbox) => [...outbox.keys()];
const least = () => 0;

describe("a message that nobody acknowledges", () => {
  /** When it is repeated, in ms since it was sent. */
  function repeats(random: () => number): number[] {
    const times: number[] = [];
    let outbox = sent(EMPTY, parcel(1, ["bob"]), NOW, random());
    for (let at = nextDueAt(outbox); at !== null; at = nextDueAt(outbox)) {
      const [rest, found] = due(outbox, at, random);
      times.push(...found.map(() => at - NOW));
      outbox = rest;
    }
    return times;
  }

  test("is repeated after 1, 2 and 4 s", () => {
    expect(repeats(() => 0)).toEqual([1_000, 3_000, 7_000]);
  });

  test("is repeated up to a tenth later", () => {
    expect(repeats(() => 1)).toEqual([1_100, 3_300, 7_700]);
  });

  test("is forgotten after a minute", () => {
    const [rest] = due(post(EMPTY, 1), NOW + MAX_AGE_MS - 1, least);
    expect(seqs(rest)).toEqual([1]);
    expect(due(rest, NOW + MAX_AGE_MS, least)).toEqual([EMPTY, []]);
  });

  test("is repeated as it was, also a message for everyone", () => {
    const [, [repeat]] = due(post(EMPTY, 1, ["bob", "cem"]), NOW + 1_000, least);
    expect(repeat?.envelope).toEqual(text(1));
    expect(repeat?.owing).toEqual(["bob", "cem"]);
  });

  test("is not repeated before it is due", () => {
    const outbox = post(EMPTY, 1);
    const [rest, repeats] = due(outbox, NOW + 999, least);
    expect([rest, repeats]).toEqual([outbox, []]);
  });

  test("is repeated once when several repeats are late", () => {
    const [rest, repeats] = due(post(EMPTY, 1), NOW + 20_000, least);
    expect(repeats).toHaveLength(1);
    expect(nextDueAt(rest)).toBe(NOW + 22_000);
  });
});

describe("who owes an acknowledgement", () => {
  const all = () => post(post(EMPTY, 1, ["bob", "cem"]), 2, ["bob"]);

  test.each<[string, (outbox: Outbox) => Outbox, Record<number, string[]>]>([
    ["at first, everyone", (o) => o, { 1: ["bob", "cem"], 2: ["bob"] }],
    ["not who has it", (o) => acked(o, "bob", [1]), { 1: ["cem"], 2: ["bob"] }],
    ["nobody, once all have it", (o) => acked(acked(o, "bob", [1]), "cem", [1]), { 2: ["bob"] }],
    ["several messages at once", (o) => acked(o, "bob", [2, 1]), { 1: ["cem"] }],
    ["not who left", (o) => left(o, "bob"), { 1: ["cem"] }],
    ["who does not have that one", (o) => acked(o, "cem", [2]), { 1: ["bob", "cem"], 2: ["bob"] }],
    [
      "whoever says so of a message that we never sent",
      (o) => acked(o, "bob", [9]),
      {
        1: ["bob", "cem"],
        2: ["bob"],
      },
    ],
    [
      "the same as before, after a stranger's word",
      (o) => acked(o, "eve", [1, 2]),
      {
        1: ["bob", "cem"],
        2: ["bob"],
      },
    ],
  ])("%s", (_, change, owing) => {
    const [, repeats] = due(change(all()), NOW + 1_000, least);
    expect(Object.fromEntries(repeats.map((r) => [r.envelope.seq, r.owing]))).toEqual(owing);
  });

  test("a message that is for nobody is not kept", () => {
    expect(post(EMPTY, 1, [])).toEqual(EMPTY);
  });
});

describe("a peer who can receive again", () => {
  const rested = () => {
    const times = [1_000, 3_000, 7_000];
    return times.reduce<Outbox>((o, ms) => due(o, NOW + ms, least)[0], post(EMPTY, 1, ["bob"]));
  };

  test("gets at once what rests, and repeats of it as in the beginning", () => {
    expect(nextDueAt(rested())).toBe(NOW + MAX_AGE_MS);
    const outbox = returned(rested(), "bob", NOW + 20_000);
    const [rest, repeats] = due(outbox, NOW + 20_000, least);
    expect(repeats.map(({ envelope }) => envelope.seq)).toEqual([1]);
    expect(nextDueAt(rest)).toBe(NOW + 22_000);
  });

  test("changes nothing of what others owe", () => {
    expect(returned(rested(), "cem", NOW + 20_000)).toEqual(rested());
  });

  test("does not make a message older than it may become", () => {
    const outbox = returned(rested(), "bob", NOW + MAX_AGE_MS);
    expect(due(outbox, NOW + MAX_AGE_MS, least)).toEqual([EMPTY, []]);
  });
});

describe("which stamps have taken a message", () => {
  test("is told with its repeat, so that it goes by another", () => {
    const outbox = taken(taken(post(EMPTY, 1), 1, 0), 9, 1);
    const [, [repeat]] = due(outbox, NOW + 1_000, least);
    expect([...(repeat?.takenBy ?? [])]).toEqual([0]);
  });

  test("is forgotten when its receiver is back", () => {
    const outbox = returned(taken(post(EMPTY, 1), 1, 0), "bob", NOW);
    expect(due(outbox, NOW, least)[1][0]?.takenBy.size).toBe(0);
  });
});

describe("the outbox", () => {
  const filled = (count: number, bytes = 100) =>
    [...Array(count).keys()].reduce<Outbox>((o, seq) => post(o, seq, ["bob"], bytes), EMPTY);

  test("keeps a bounded number of messages, the newest", () => {
    const outbox = filled(MAX_MESSAGES + 2);
    expect(outbox.size).toBe(MAX_MESSAGES);
    expect(seqs(outbox)[0]).toBe(2);
  });

  test("keeps a bounded number of bytes, the newest", () => {
    expect(seqs(filled(5, MAX_OUTBOX_BYTES / 2))).toEqual([3, 4]);
  });

  test("does not keep what is larger than all of it", () => {
    expect(seqs(post(filled(2), 9, ["bob"], MAX_OUTBOX_BYTES + 1))).toEqual([0, 1]);
  });

  test("waits for nothing when it is empty", () => {
    expect(nextDueAt(EMPTY)).toBeNull();
  });

  test("wakes for the message that is due first", () => {
    const outbox = sent(post(EMPTY, 1), parcel(2, ["cem"]), NOW - 500, 0);
    expect(nextDueAt(outbox)).toBe(NOW + 500);
  });
});
