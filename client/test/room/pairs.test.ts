/** Offers that we brought, and what several stamps make of them (docs/protocol.md §5, §7). */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Reports } from "../../src/report/reports.js";
import { Members } from "../../src/room/members.js";
import { OpenOffer } from "../../src/room/open-offer.js";
import { TurnAccess } from "../../src/turn/access.js";
import { TurnMemory } from "../../src/turn/memory.js";
import type { Admission, Envelope, GivenOffer, Listed, Offer } from "../../src/wire/protocol.js";
import { store } from "../turn/store.js";
import { installConnections, TestPeerConnection } from "./rtc.js";
import { NO_FILES, NO_MEDIA, NO_RECEIPTS, Union } from "./union.js";

const SELF = "MMMMMMMMMMMMMMMM";
const A = "AAAAAAAAAAAAAAAA"; // theirs is the offer of a pair with it
const Z = "ZZZZZZZZZZZZZZZZ"; // ours is the offer of a pair with it
const START = 1_795_290_000_000;
const BEFORE = START * 1_000 - 1_000_000; // seqs of offers that were made before we came

let members: Members;
let sent: Envelope[];
let union: Union;
let brought: OpenOffer[];
let met: string[];

beforeEach(async () => {
  vi.useFakeTimers({ now: START });
  installConnections();
  [sent, met] = [[], []];
  union = new Union(
    SELF,
    (envelope) => void sent.push(envelope),
    () => members,
  );
  const ports = { nextSeq: () => union.nextSeq(), described: () => {} };
  brought = [1, 2].map(() => new OpenOffer({}, null, ports, true));
  await pass(100);
  members = new Members({
    self: SELF,
    turn: new TurnAccess({
      rtc: {},
      memory: new TurnMemory("/api", () => store()),
      fetch: async () => ({ granted: false }),
    }),
    reports: new Reports(null),
    signaling: union,
    brought,
    deliveries: NO_RECEIPTS,
    media: NO_MEDIA,
    files: NO_FILES,
    emit: (name, value) => {
      if (name === "peer-joined") met.push((value as { peer: { name: string } }).peer.name);
    },
    changed: () => {},
  });
});

afterEach(() => {
  members.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const ours = (n: number) => brought[n]?.offer as Offer;
const theirs = (n: number): Offer => {
  const sdp = "v=0\r\na=ice-lite\r\nm=application\r\na=setup:actpass\r\n";
  return { seq: BEFORE + n, body: { pc: `theirs${n}`, sdp } };
};
const paired = (n: number, to: number): GivenOffer => ({ ...theirs(n), answered: ours(to).seq });
const member = (peer: string, offer?: GivenOffer): Listed => ({
  ...{ peer, name: `name of ${peer[0]}`, role: "guest", visit: START, connected: true },
  ...{ asleep: false, ...(offer ? { offer } : {}) },
});
/** `parked`: which of ours wait there. */
const admit = (stamp: number, parked: readonly number[], ...peers: Listed[]) => {
  const seqs = parked.map((n) => ours(n).seq);
  const rest = { iceServers: [], turn: "off", tookMs: 5 };
  union.admitted({ ...rest, peers, parked: seqs } as unknown as Admission, stamp);
};
const push = (from: string, offer: GivenOffer) => {
  const { seq, body, answered } = offer;
  const message = { kind: "offer", body: { ...body, answered: answered ?? 0 } } as const;
  union.pushed({ target: "signal", from, seq, message });
};
const connectionOf = (id: string) =>
  members.peers.get(id)?.connection as unknown as TestPeerConnection;
const sentTo = (to: string) => sent.filter((one) => one.to === to).map(({ kind }) => kind);
/** Those that were brought are the first two. */
const [FIRST, SECOND] = [0, 1].map((n) => () => TestPeerConnection.all[n]) as [
  () => TestPeerConnection,
  () => TestPeerConnection,
];

describe("while a pair connects", () => {
  test("another offer of that member, at the other stamp, is left alone", async () => {
    admit(0, [1], member(A, paired(1, 0)));
    admit(1, [1], member(A, theirs(2)));
    await pass(500);
    expect(connectionOf(A)).toBe(FIRST());
    expect([sentTo(A), TestPeerConnection.all.length]).toEqual([[], 2]);
  });

  test("the same pair, told by the other stamp in the other order, changes nothing", async () => {
    admit(0, [1], member(A, paired(1, 0)));
    push(A, paired(1, 0));
    await pass(500);
    expect([connectionOf(A), sentTo(A)]).toEqual([FIRST(), []]);
  });

  test("a pair of higher seqs takes its place", async () => {
    admit(0, [1], member(A, paired(1, 0)));
    admit(1, [1], member(A, paired(2, 1)));
    await pass(500);
    expect(connectionOf(A)).toBe(SECOND());
    expect([FIRST().connectionState, sentTo(A)]).toEqual(["closed", []]);
  });

  test("a pair of higher seqs, of which ours is in use, is followed by another offer", async () => {
    admit(0, [], member(A, paired(1, 0)), member(Z, paired(5, 1)));
    push(A, paired(2, 1));
    await pass(500);
    expect(connectionOf(Z)).toBe(SECOND());
    expect([sentTo(A), sentTo(Z)]).toEqual([["offer"], []]);
    expect(TestPeerConnection.all).toHaveLength(3);
  });
});

describe("a pair", () => {
  test("that comes together with its member needs no connection of its own", async () => {
    admit(0, [0, 1]);
    const { seq, body, answered } = paired(1, 0);
    const message = { kind: "offer", body: { ...body, answered: answered ?? 0 } } as const;
    union.pushed({ target: "joined", ...member(A) }, 0, { seq, message });
    push(A, paired(1, 0));
    await pass(500);
    expect(connectionOf(A)).toBe(FIRST());
    expect([met, sentTo(A), TestPeerConnection.all.length]).toEqual([["name of A"], [], 2]);
  });

  test("takes the place of an offer of ours that was not sent yet", async () => {
    admit(0, [0, 1], member(A));
    push(A, paired(1, 0));
    await pass(500);
    expect([connectionOf(A), sentTo(A)]).toEqual([FIRST(), []]);
  });

  test("is too late when that was sent: they take it", async () => {
    admit(0, [0, 1], member(A));
    await pass(200);
    push(A, paired(1, 0));
    await pass(300);
    expect(sentTo(A)).toEqual(["offer"]);
    expect(connectionOf(A)).toBe(TestPeerConnection.all[2]);
  });
});
