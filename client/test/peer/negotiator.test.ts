/** What goes wrong while effects are carried out: the table at the head of negotiator.ts. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Link, type LinkPorts } from "../../src/peer/link.js";
import { Negotiator, type NegotiatorPorts, type Report } from "../../src/peer/negotiator.js";
import type { Envelope } from "../../src/wire/protocol.js";
import { installConnections, TestPeerConnection } from "../room/rtc.js";

const OFFER = { pc: "theirs", sdp: "v=0 offer of theirs" };
const nothing = () => {};
const SILENT: LinkPorts = {
  ...{ needed: nothing, gathered: nothing, stable: nothing, changed: nothing, received: nothing },
  ...{ file: nothing, filesChanged: nothing, track: nothing, refused: nothing },
};

let sent: Envelope["kind"][];
let reports: Report[];
let seq: number;

beforeEach(() => {
  vi.useFakeTimers();
  installConnections();
  [sent, reports, seq] = [[], [], 1];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const link = () => new Link({}, null, SILENT);

function negotiator(changes: Partial<NegotiatorPorts> = {}, polite = true): Negotiator {
  const send = ({ kind }: Envelope) => void sent.push(kind);
  const signaling = { nextSeq: () => seq++, send, post: async () => 0, doubt: nothing };
  const setup = { pc: "ours", polite, phase: "waiting", link: link() } as const;
  return new Negotiator(setup, {
    ...{ signaling, to: "A", bring: false, network: null },
    ...{ prepare: () => undefined, before: nothing, open: link, adopt: link, release: nothing },
    ...{ replaced: nothing, close: (each) => each.close() },
    report: (code) => void reports.push(code),
    ...changes,
  });
}

const offer = (n: number, pc = OFFER.pc) =>
  ({ type: "offer", seq: n, body: { ...OFFER, pc }, fresh: `fresh-${n}` }) as const;

function throwing(): never {
  throw new Error("of the page, or of a browser");
}

test.each([
  ["the page's preparation throws", { prepare: throwing }],
  ["the page's preparation rejects", { prepare: async () => throwing() }],
])("if %s, the answer goes without it", async (_, changes) => {
  const made = negotiator(changes);
  made.dispatch(offer(1));
  await pass(100);
  expect(sent).toEqual(["answer"]);
  expect(made.state.phase).toBe("idle");
});

test.each(["set", "describe", "send"] as const)(
  "what throws before the effect %s does not stop the peer for good",
  async (type) => {
    let throws = 1;
    const made = negotiator({
      before: (effect) => void (effect.type === type && throws-- > 0 && throwing()),
    });
    made.dispatch(offer(1));
    await pass(100);
    expect(reports).toEqual(["unexpected"]);
    made.dispatch(offer(20));
    await pass(100);
    expect(sent).toContain("answer");
    expect(made.state.round).toBe("complete");
  },
);

test("an operation whose result cannot be made into a message has failed", async () => {
  let draws = 0;
  const made = negotiator({
    signaling: {
      ...{ send: ({ kind }) => void sent.push(kind), post: async () => 0, doubt: nothing },
      nextSeq: () => (++draws === 1 ? throwing() : draws),
    },
  });
  made.dispatch(offer(1));
  await pass(100);
  expect(made.state.phase).not.toBe("answering");
  expect(sent[0]).toBe("restart"); // it is refused
});

test("without another connection, an offer of a new pair is as if it were lost", async () => {
  let isThere = true;
  const made = negotiator({ open: () => (isThere ? link() : null) });
  made.dispatch(offer(1));
  await pass(100);
  const { state } = made;
  isThere = false;
  made.dispatch(offer(2, "another"));
  await pass(100);
  expect(made.state).toBe(state);
  expect(sent).toEqual(["answer"]);
  isThere = true;
  made.dispatch(offer(2, "another")); // it comes again
  await pass(100);
  expect(made.state).toMatchObject({ pc: "another", phase: "idle" });
  expect(sent).toEqual(["answer", "answer"]);
});

test("without another connection, a pair whose descriptions are refused is broken, and then replaced", async () => {
  let isThere = false;
  const made = negotiator({ open: () => (isThere ? link() : null) });
  vi.spyOn(TestPeerConnection.prototype, "setLocalDescription").mockImplementation(
    async (given) => {
      if (given?.type !== "rollback") throwing();
    },
  );
  made.dispatch({ type: "restart", fresh: "fresh" });
  await pass(100);
  expect(made.state.phase).toBe("broken");
  expect(reports).toEqual(["negotiation_failed"]);
  vi.restoreAllMocks();
  isThere = true;
  made.dispatch(offer(30, "another"));
  await pass(100);
  expect(made.state).toMatchObject({ pc: "another", phase: "idle" });
});
