/** What is reported of real connections, when, and how often. */
import { afterEach, expect, test, vi } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { type JoinOptions, join, type Room } from "../../src/index.js";
import { Reports } from "../../src/report/reports.js";
import type { Report } from "../../src/wire/report.js";
import { fits } from "../fits.js";
import { Backend, install } from "./backend.js";
import { Desk } from "./desk.js";
import { bothUp, Pair, type PairOptions, until } from "./pair.js";
import { Town } from "./town.js";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
  vi.useRealTimers();
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function meet(options: Partial<PairOptions> = {}): Pair {
  const pair = new Pair({ starts: ["offer", "wait"], ...options });
  undo.push(() => pair.close());
  return pair;
}

/** What both sides report, once they have ended. */
async function endOf(pair: Pair): Promise<[polite: Report, impolite: Report]> {
  await sleep(100); // Chromium answers getStats from memory for 50 ms
  pair.close();
  const all = () => pair.sides.map(({ reports }) => reports);
  await until(() => all().every((reports) => reports.length > 0));
  pair.close();
  await sleep(300);
  expect(all().map((reports) => reports.length)).toEqual([1, 1]);
  const [polite, impolite] = all().flat();
  if (!polite || !impolite) throw new Error("no reports");
  for (const report of [polite, impolite]) expect(fits(report)).toBe(true);
  return [polite, impolite];
}

/** A check may arrive before the candidate that it comes from: then it counts as found by its check. */
const DIRECT = ["host", "prflx"];
const totalOf = ({ phases }: Report) => Object.values(phases).reduce((sum, ms) => sum + ms, 0);

test("a call reports its phases, path, bytes and time once on each side", async () => {
  const start = performance.now();
  const pair = meet();
  await bothUp(pair);
  const took = performance.now() - start;
  const body = "x".repeat(200_000);
  await pair.polite.peer.say({ v: 1, seq: 1, kind: "data", body });
  await until(() => pair.impolite.heard.length === 1);
  const reports = await endOf(pair);
  for (const report of reports) {
    expect(report).toMatchObject({ outcome: "connected", transport: "udp" });
    expect(DIRECT).toContain(report.candidateType);
    expect(report).toMatchObject({ media: ["data"], turn: "none", retries: 0 });
    expect(report.browser).toBe("chromium");
    expect(Object.keys(report.phases)).toEqual(["signal", "ice", "dtls", "open"]);
    expect(totalOf(report)).toBeGreaterThan(1);
    expect(totalOf(report)).toBeLessThanOrEqual(took + 1);
    expect(report.duration).toBeLessThan(10);
  }
  const [polite, impolite] = reports;
  expect([polite.side, impolite.side]).toEqual(["second", "first"]);
  expect(polite.bytesUp).toBeGreaterThan(200_000);
  expect(impolite.bytesDown).toBeGreaterThan(200_000);
  expect(polite.bytesDown).toBeGreaterThan(0);
  expect(new Set(reports.map(({ met }) => met)).size).toBe(2);
});

test("media count by their kind", async () => {
  const pair = meet();
  await bothUp(pair);
  pair.impolite.peer.connection.addTransceiver("audio", { direction: "sendonly" });
  const stable = () => pair.polite.peer.connection.getTransceivers()[0]?.currentDirection;
  await until(() => stable() === "recvonly");
  await until(() => pair.impolite.peer.connection.signalingState === "stable");
  const reports = await endOf(pair);
  expect(reports.map(({ media }) => media)).toEqual([
    ["data", "audio"],
    ["data", "audio"],
  ]);
});

test("whoever goes before anything failed has left early", async () => {
  const pair = meet({ lose: () => true });
  await until(() => pair.polite.sent.length > 0);
  const [polite, impolite] = await endOf(pair);
  expect([polite.outcome, impolite.outcome]).toEqual(["left-early", "left-early"]);
  expect([polite.phases, polite.media, polite.duration]).toEqual([{}, [], 0]);
});

test("where no path leads from one to the other, ICE has failed", async () => {
  const pair = meet({
    blocked: true,
    desks: { polite: new Desk("late"), impolite: new Desk("late") },
  });
  pair.impolite.desk.answer = () => ({ granted: false });
  await sleep(10_100);
  const reports = await endOf(pair);
  for (const report of reports) {
    expect(report).toMatchObject({ outcome: "failed-ice", bytesUp: 0, duration: 0 });
    expect(Object.keys(report.phases)).toEqual(["signal"]);
    expect(report.candidateType).toBeUndefined();
    expect(report.retries).toBeGreaterThan(0);
  }
  expect(reports.map(({ turn }) => turn)).toEqual(["granted", "refused"]);
});

test("where nothing is heard, signaling has failed", async () => {
  const pair = meet({ lose: () => true });
  const later = performance.now() + 10_001;
  vi.spyOn(performance, "now").mockReturnValue(later);
  undo.push(() => vi.restoreAllMocks());
  for (const { peer } of pair.sides) peer.close();
  vi.restoreAllMocks();
  const [polite, impolite] = await endOf(pair);
  expect([polite.outcome, impolite.outcome]).toEqual(["failed-signaling", "failed-signaling"]);
});

test("a link that was replaced adds its bytes, and counts as a retry", async () => {
  const pair = meet();
  await bothUp(pair);
  const body = "x".repeat(100_000);
  const say = async (seq: number) => {
    await pair.polite.peer.say({ v: 1, seq, kind: "data", body });
    await until(() => pair.impolite.heard.length === seq);
    await sleep(100);
  };
  await say(1);
  const first = pair.impolite.peer.connection;
  first.close();
  await until(() => pair.impolite.peer.connection !== first);
  await bothUp(pair);
  await say(2);
  const [polite, impolite] = await endOf(pair);
  expect([polite.retries, impolite.retries]).toEqual([1, 1]);
  expect(polite.bytesUp).toBeGreaterThan(200_000);
  expect([polite.outcome, impolite.outcome]).toEqual(["connected", "connected"]);
});

test("each of three members reports both of its connections", async () => {
  const town = new Town();
  undo.push(() => town.close());
  const members = ["A", "B", "C"].map((name) => town.enter(name.repeat(16)));
  const up = () =>
    members.every(({ members: { peers } }) => {
      return peers.size === 2 && [...peers.values()].every((peer) => peer.up);
    });
  await until(up);
  town.close();
  await until(() => members.every(({ reports }) => reports.length === 2));
  const sides = members.flatMap(({ reports }) => reports.map(({ side }) => side));
  expect(sides.filter((side) => side === "first")).toHaveLength(3);
});

async function pairOfRooms(options: Partial<JoinOptions> = {}) {
  const backend = new Backend();
  undo.push(install(backend));
  const enter = async (name: string): Promise<Room> => {
    const room = await join({ backends: "/api", room: "r", name, ...options });
    undo.push(() => room.leave());
    return room;
  };
  const a = await enter("Ann");
  await until(() => [...backend.seats.values()].some(({ offer }) => offer));
  await until(() => a.state === "connected");
  const b = await enter("Bob");
  const peerOf = (room: Room) => [...room.peers.values()][0];
  await until(() => [a, b].every((room) => peerOf(room)?.state === "connected"));
  const reports = () => backend.bodies.filter((_, n) => backend.calls[n] === "/report");
  return { backend, a, b, reports };
}

test("leaving twice reports once, with our token; the newcomer tells how long it was let in", async () => {
  const { a, b, reports } = await pairOfRooms();
  await Promise.all([b.leave(), b.leave()]);
  await until(() => reports().length === 2);
  await sleep(300);
  expect(reports()).toHaveLength(2);
  const said = (room: Room) =>
    reports().find(({ token }) => String(token).startsWith(room.self.id));
  for (const room of [a, b]) {
    const { token: _, ...report } = said(room) ?? {};
    expect(fits(report)).toBe(true);
    expect(report.outcome).toBe("connected");
    expect(report.bytesUp).toBeGreaterThan(0);
    expect(JSON.stringify(report)).not.toMatch(/Ann|Bob|PPPP|Mozilla/);
  }
  const admit = (room: Room) => (said(room) as unknown as Report).phases.admit;
  expect([admit(a), typeof admit(b)]).toEqual([undefined, "number"]);
});

test("none is sent by who does not want to", async () => {
  const { backend, b, reports } = await pairOfRooms({ report: false });
  await b.leave();
  await sleep(500);
  expect(reports()).toEqual([]);
  expect(backend.calls).toContain("/leave");
});

test("a report that is not taken delays nobody who leaves, and is no error", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  undo.push(() => vi.restoreAllMocks());
  const { backend, b, reports } = await pairOfRooms();
  const errors: unknown[] = [];
  b.on("error", (error) => errors.push(error));
  const busy = { status: 503, code: "busy" };
  backend.refusals.set("/report", [busy, busy, busy, busy, busy]);
  const start = performance.now();
  await b.leave();
  expect(performance.now() - start).toBeLessThan(500);
  await until(() => reports().length === 4); // each of us twice
  await sleep(4_000);
  expect([reports().length, new Set(reports().map(({ met }) => met)).size]).toEqual([4, 2]);
  expect(errors).toEqual([]);
});

test("a page that goes away reports, and no second time", async () => {
  const { a, b, reports } = await pairOfRooms();
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  await sleep(100);
  expect(reports()).toEqual([]);
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
  await until(() => reports().length === 2);
  const tokens = reports().map(({ token }) => String(token).slice(0, 16));
  expect(tokens.sort()).toEqual([a.self.id, b.self.id].sort());
  expect(reports().every((report) => fits(report))).toBe(true);
  await Promise.all([a.leave(), b.leave()]);
  await sleep(400);
  expect(reports()).toHaveLength(2);
});

test("only what may be taken the next time is sent again", async () => {
  vi.useFakeTimers();
  const sent: Report[] = [];
  let refusal = new HeliographError("token_expired", "No.", { status: 401 });
  const reports = new Reports({
    send: async (report) => {
      sent.push(report);
      throw refusal;
    },
    beacon: () => {},
  });
  const draw = () =>
    reports.createRecorder({
      first: true,
      met: () => "proof",
      turn: () => "none",
      servers: () => [],
      peerGone: () => false,
    });
  await reports.end(draw(), Promise.resolve());
  expect(sent).toHaveLength(1);
  refusal = new HeliographError("backend_away", "No.");
  const ended = reports.end(draw(), Promise.resolve());
  await vi.advanceTimersByTimeAsync(2_900);
  expect(sent).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(3_100);
  await ended;
  expect(sent).toHaveLength(3);
  const [, first, again] = sent as [Report, Report, Report];
  expect(again).toEqual({ ...first, age: again.age }); // the same report, older by the wait
  expect([first.age, again.age >= 3_000, again.age <= 6_000]).toEqual([0, true, true]);
});
