/** Calls that one stamp is asked for, and the next if it does not answer. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { BackendCalls } from "../../src/room/calls.js";
import type { Report } from "../../src/wire/report.js";
import { away, never, refusal, TestStamp } from "./test-stamp.js";

const PEER = "AAAAAAAAAAAAAAAA";
const REPORT = { met: "a proof" } as Report;
const SERVERS = [{ urls: "turn:turn.example.org" }];
const GRANTED = { granted: true, iceServers: SERVERS, ttl: 9, level: "normal" };

let one: TestStamp;
let two: TestStamp;
let order: number[];
let calls: BackendCalls;
const going = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
  [one, two, order] = [new TestStamp("one"), new TestStamp("two"), [0, 1]];
  calls = new BackendCalls({ stamps: [one, two], router: { order: () => order } });
});
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const pathsOf = ({ calls }: TestStamp) => calls.map(({ path }) => path);

describe("a TURN credential", () => {
  test("is asked of the best stamp alone", async () => {
    order = [1, 0];
    two.answer = () => GRANTED;
    expect(await calls.turn(PEER, going)).toMatchObject({ granted: true });
    expect([pathsOf(one), pathsOf(two)]).toEqual([[], ["/turn"]]);
    expect(two.calls[0]).toMatchObject({ body: { to: PEER }, token: "token of two" });
  });

  test("is asked of the next one late, for it reserves money", async () => {
    one.answer = never;
    two.answer = () => GRANTED;
    const asked = calls.turn(PEER, going);
    await pass(1_499);
    expect(pathsOf(two)).toEqual([]);
    await pass(1);
    expect(await asked).toMatchObject({ granted: true });
  });

  test("is asked of the next one at once if the first is away", async () => {
    one.answer = away;
    two.answer = () => GRANTED;
    expect(await calls.turn(undefined, going)).toMatchObject({ granted: true });
  });

  test("that is refused is not asked of another stamp", async () => {
    one.answer = () => ({ granted: false, iceServers: [], level: "normal", reason: "day" });
    expect(await calls.turn(PEER, going)).toEqual({ granted: false });
    expect(pathsOf(two)).toEqual([]);
  });

  test("is asked only of stamps that have admitted us", async () => {
    one.token = null;
    two.answer = () => GRANTED;
    await calls.turn(PEER, going);
    expect(pathsOf(one)).toEqual([]);
    two.token = null;
    await expect(calls.turn(PEER, going)).rejects.toMatchObject({ code: "backend_away" });
  });
});

describe("a report", () => {
  test("goes to one stamp", async () => {
    await calls.send(REPORT);
    expect([pathsOf(one), pathsOf(two)]).toEqual([["/report"], []]);
  });

  test.each([
    ["away", away],
    ["busy", refusal(503, "busy")],
  ])("goes to the next one, the same, if the first is %s", async (_, answer) => {
    one.answer = answer;
    await calls.send(REPORT);
    const said = [one, two].flatMap((stamp) => stamp.calls.map(({ body }) => (body as Report).met));
    expect(said).toEqual([REPORT.met, REPORT.met]);
  });

  test("that is refused goes to nobody else", async () => {
    one.answer = refusal(400, "invalid_message");
    await expect(calls.send(REPORT)).rejects.toMatchObject({ code: "invalid_message" });
    expect(pathsOf(two)).toEqual([]);
  });
});

describe("a report of a page that goes away", () => {
  const sent = (stamp: string) => ({ path: "/report", body: REPORT, token: `token of ${stamp}` });

  test("is told to two stamps, with the same id, and to none again", async () => {
    one.answer = two.answer = away;
    calls.beacon(REPORT);
    expect([one.calls, two.calls]).toEqual([[sent("one")], [sent("two")]]);
    await pass(60_000);
    expect([one.calls.length, two.calls.length]).toEqual([1, 1]);
  });

  test("is told to one stamp if only that one has admitted us", () => {
    one.token = null;
    calls.beacon(REPORT);
    expect([pathsOf(one), pathsOf(two)]).toEqual([[], ["/report"]]);
  });

  test("is told to the two best stamps, and never to a third", () => {
    const three = new TestStamp("three");
    order = [2, 1, 0];
    calls = new BackendCalls({ stamps: [one, two, three], router: { order: () => order } });
    calls.beacon(REPORT);
    expect([one, two, three].map(pathsOf)).toEqual([[], ["/report"], ["/report"]]);
    two.token = null;
    calls.beacon(REPORT);
    expect([one, two, three].map(pathsOf)).toEqual([
      ["/report"],
      ["/report"],
      ["/report", "/report"],
    ]);
  });
});

describe("leaving", () => {
  test("is told to every stamp that has admitted us, and never rejects", async () => {
    one.answer = away;
    await calls.leave();
    expect([pathsOf(one), pathsOf(two)]).toEqual([["/leave"], ["/leave"]]);
  });

  test("is not told to whom has ended our seat or refused us", async () => {
    await calls.leave({ closedBy: 0 });
    expect([pathsOf(one), pathsOf(two)]).toEqual([[], ["/leave"]]);
    two.refusal = new HeliographError("room_full", "");
    await calls.leave({ closedBy: 0 });
    expect(pathsOf(two)).toEqual(["/leave"]);
  });

  test("says to whom we have said it ourselves", async () => {
    await calls.leave({ told: [PEER] });
    expect([one, two].map(({ calls }) => calls[0]?.body)).toEqual([
      { told: [PEER] },
      { told: [PEER] },
    ]);
    await calls.leave({ told: [] });
    expect(one.calls[1]?.body).toEqual({});
  });

  test("of a page that goes away is told to all", () => {
    calls.leaveBeacon();
    expect([pathsOf(one), pathsOf(two)]).toEqual([["/leave"], ["/leave"]]);
  });
});
