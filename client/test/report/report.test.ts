/** What a report says, from plain observations. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { browserOf } from "../../src/report/browser.js";
import { outcomeOf } from "../../src/report/outcome.js";
import { phasesOf } from "../../src/report/phases.js";
import { type Observed, toReport } from "../../src/report/report.js";
import type { Stat } from "../../src/report/stats.js";
import { type Step, Stopwatch } from "../../src/report/stopwatch.js";
import { trafficOf } from "../../src/report/traffic.js";
import { Api } from "../../src/wire/api.js";
import type { Outcome } from "../../src/wire/report.js";
import { fits } from "../fits.js";

const AGENT = { userAgent: "" };
const stepsAt = (times: Partial<Record<Step, number>>) =>
  new Map(Object.entries(times)) as ReadonlyMap<Step, number>;

const observed = (changes: Partial<Observed> = {}): Observed => ({
  met: "proof",
  side: "first",
  endedAt: 0,
  steps: stepsAt({ described: 0, set: 80.123, open: 90 }),
  failed: false,
  waitedMs: 0,
  peerGone: false,
  bytesUp: 1,
  bytesDown: 2,
  duration: 3,
  media: ["data"],
  retries: 0,
  turn: "none",
  used: false,
  servers: [],
  ...changes,
});

interface Vector {
  name: string;
  input: unknown;
  valid: boolean;
}
const file = new URL("../../../tests/vectors/reports.json", import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(file, "utf8"));

test.each(vectors)("the form that the tests hold reports to: $name", ({ input, valid }) => {
  expect(fits(input)).toBe(valid);
});

describe("report", () => {
  test("what was observed fits, whatever it is", () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 0.5, 1e15];
    for (const n of odd) {
      const steps = stepsAt({ described: 0, set: n, ice: 2 * n, dtls: 3 * n, open: 4 * n });
      const amounts = { bytesUp: n, bytesDown: n, duration: n, retries: n };
      expect(
        fits(toReport(observed({ steps, admitMs: n, ...amounts, endedAt: n }), AGENT, 1_000)),
      ).toBe(true);
    }
  });

  test("only what the protocol names is in it", () => {
    const secret = "192.0.2.7";
    const more = { room: secret, peer: secret, userAgent: secret, address: secret };
    const media = ["video", secret, "data", "data"] as Observed["media"];
    const report = toReport({ ...observed({ media }), ...more } as Observed, AGENT, 0);
    expect(report.media).toEqual(["data", "video"]);
    expect(JSON.stringify(report)).not.toContain(secret);
  });

  test("times are told to a tenth of a millisecond, and no transport without a candidate type", () => {
    const report = toReport(observed({ transport: "udp" }), AGENT, 0);
    expect(report.phases).toEqual({ signal: 80.1 });
    expect("transport" in report || "candidateType" in report).toBe(false);
  });

  test("its age is what passed since the end, within a week and never less than nothing", () => {
    const age = (now: number) => toReport(observed({ endedAt: 5_000.4 }), AGENT, now).age;
    expect([5_000.4, 5_090.6, 5_000].map(age)).toEqual([0, 90, 0]);
    expect(age(1e12)).toBe(604_800_000);
  });
});

const STEPS: Step[] = ["described", "set", "ice", "dtls", "open"];

describe("outcome", () => {
  test.each<[number, Partial<Parameters<typeof outcomeOf>[0]>, Outcome]>([
    [5, { waitedMs: 500 }, "connected"],
    [5, { waitedMs: 60_000, failed: true, peerGone: true }, "connected"],
    [0, { waitedMs: 9_999 }, "left-early"],
    [3, { waitedMs: 9_999 }, "left-early"],
    [2, { waitedMs: 60_000, peerGone: true }, "left-early"],
    [0, { waitedMs: 10_000 }, "failed-signaling"],
    [1, { waitedMs: 10_000 }, "failed-signaling"],
    [2, { waitedMs: 10_000 }, "failed-ice"],
    [2, { waitedMs: 3_000, failed: true }, "failed-ice"],
    [3, { waitedMs: 10_000 }, "failed-dtls"],
    [3, { waitedMs: 3_000, failed: true }, "failed-dtls"],
    [4, { waitedMs: 10_000 }, "failed-dtls"],
  ])("%i steps, %j: %s", (steps, ending, outcome) => {
    const reached = new Map(STEPS.slice(0, steps).map((step) => [step, 1]));
    const none = { failed: false, peerGone: false, waitedMs: 0 };
    expect(outcomeOf({ ...none, ...ending, steps: reached })).toBe(outcome);
  });
});

describe("stopwatch", () => {
  test("each phase begins where the one before it ended", () => {
    const watch = new Stopwatch(0);
    for (const [n, step] of STEPS.entries()) watch.mark(step, 100 * 2 ** n);
    expect(phasesOf(watch.steps)).toEqual({ signal: 100, ice: 200, dtls: 400, open: 800 });
  });

  test("in whatever order events come, the phases add up and none is negative", () => {
    const watch = new Stopwatch(0);
    watch.mark("open", 190);
    watch.mark("described", 100);
    watch.mark("set", 150);
    watch.mark("dtls", 200);
    watch.mark("ice", 180);
    expect(phasesOf(watch.steps)).toEqual({ signal: 50, ice: 30, dtls: 20, open: 0 });
  });

  test("what is not reached is not told, and only the first time counts", () => {
    const watch = new Stopwatch(1_000);
    expect(phasesOf(watch.steps)).toEqual({});
    watch.mark("described", 1_010);
    watch.mark("set", 1_030);
    watch.mark("set", 9_000);
    expect(phasesOf(watch.steps)).toEqual({ signal: 20 });
    expect([watch.reached("set"), watch.reached("ice")]).toEqual([true, false]);
    expect(watch.waitedMs(1_500)).toBe(500);
  });

  test("time connected is summed over interruptions", () => {
    const watch = new Stopwatch(0);
    expect(watch.upForMs(50)).toBe(0);
    watch.up(true, 100);
    watch.up(true, 150);
    expect(watch.upForMs(160)).toBe(60);
    watch.up(false, 200);
    watch.up(false, 300);
    watch.up(true, 400);
    expect(watch.upForMs(450)).toBe(150);
  });
});

describe("traffic", () => {
  const transport = { id: "T", type: "transport", selectedCandidatePairId: "P" };
  const pair = { id: "P", type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R" };
  const stats = (
    ours: Partial<Stat>,
    theirs: Partial<Stat> = { candidateType: "host" },
  ): Stat[] => [
    { ...transport, bytesSent: 10, bytesReceived: 20 },
    pair,
    { id: "L", type: "local-candidate", protocol: "udp", ...ours },
    { id: "R", type: "remote-candidate", protocol: "udp", ...theirs },
  ];

  test.each<[string, string, string]>([
    ["host", "host", "host"],
    ["host", "srflx", "srflx"],
    ["prflx", "srflx", "prflx"],
    ["srflx", "relay", "relay"],
    ["relay", "host", "relay"],
  ])("ours %s and theirs %s: %s", (ours, theirs, candidateType) => {
    const traffic = trafficOf(stats({ candidateType: ours }, { candidateType: theirs }));
    expect(traffic).toMatchObject({ candidateType, transport: "udp", ours: ours === "relay" });
  });

  test("to our relay it may be another transport than to the peer", () => {
    const relayed = { candidateType: "relay", relayProtocol: "tls" };
    expect(trafficOf(stats(relayed)).transport).toBe("tls");
    const theirs = trafficOf(stats({ candidateType: "host", protocol: "tcp" }, relayed));
    expect(theirs).toMatchObject({ transport: "tcp", candidateType: "relay", ours: false });
  });

  test("words that we do not know are not passed on", () => {
    const odd = trafficOf(stats({ candidateType: "host", protocol: "192.0.2.7" }));
    expect(odd).toEqual({ up: 10, down: 20, candidateType: "host", ours: false });
    expect(trafficOf(stats({ candidateType: "x" }, { candidateType: "y" })).candidateType).toBe(
      undefined,
    );
  });

  test("where transports do not count bytes, candidate pairs do", () => {
    const pairs = ["P", "Q"].map((id) => ({ ...pair, id, bytesSent: 3, bytesReceived: 4 }));
    expect(trafficOf([transport, ...pairs])).toMatchObject({ up: 6, down: 8 });
    expect(trafficOf(pairs)).toMatchObject({ up: 6, down: 8 });
    expect(trafficOf([])).toEqual({ up: 0, down: 0, ours: false });
  });
});

describe("browser", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  const brands = [{ brand: "Not=A?Brand" }, { brand: "Chromium" }];
  test.each([
    ["chromium", { userAgent: "", userAgentData: { brands } }],
    ["chromium", { userAgent: `Mozilla/5.0 ${webkit} Chrome/140.0.0.0 Safari/537.36` }],
    ["chromium", { userAgent: `Mozilla/5.0 ${webkit} HeadlessChrome/140.0 Safari/537.36` }],
    ["firefox", { userAgent: "Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0" }],
    ["safari", { userAgent: "Mozilla/5.0 AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15" }],
    ["safari", { userAgent: "Mozilla/5.0 (iPhone) AppleWebKit/605 CriOS/140.0 Safari/604.1" }],
    ["other", { userAgent: "curl/8", userAgentData: {} }],
  ])("%s: %j", (family, agent) => {
    expect(browserOf(agent)).toBe(family);
  });
});

test("the token travels in the body, no preflight is needed, and the page may go", async () => {
  const calls: [string, RequestInit][] = [];
  const api = new Api("/api", (async (url: string, init: RequestInit) => {
    calls.push([url, init]);
    return new Response('{"ok": true}', { status: 202 });
  }) as typeof fetch);
  await api.report(toReport(observed({ met: "A".repeat(90) }), AGENT, 0), "t.o.k");
  const [url, init] = calls[0] ?? [];
  const { headers } = new Request("http://x/", init);
  expect([url, init?.keepalive]).toEqual(["/api/report", true]);
  expect([...headers]).toEqual([["content-type", "text/plain;charset=UTF-8"]]);
  expect(JSON.parse(String(init?.body))).toMatchObject({ token: "t.o.k", met: "A".repeat(90) });
});
