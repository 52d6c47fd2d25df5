import { expect, it } from "vitest";
import { parseSummary } from "../../src/stats/answer/parse.js";
import { example, few, NOW } from "./example.js";

it("takes what the protocol describes, and ignores what it does not name", () => {
  const summary = parseSummary(example(7, { weather: "sunny" }));
  expect(summary?.latest).toEqual({ day: "2027-03-09", calls: 1_234, peers: 2_500 });
  expect(summary?.phases.total).toEqual({ p50: 412, p95: 1_630 });
  expect(summary?.daily[0]?.candidateTypes.prflx).toBeNull();
  expect(summary).not.toHaveProperty("weather");
});

it("takes an answer in which everything is withheld", () => {
  const summary = parseSummary(few());
  expect(summary?.total).toEqual({ calls: null, peers: null });
  expect(summary?.phases.ice).toEqual({ p50: null, p95: null });
});

it("brings the days into order", () => {
  const { daily } = example(3) as { daily: { day: string }[] };
  const summary = parseSummary(example(3, { daily: daily.toReversed() }));
  expect(summary?.daily.map(({ day }) => day)).toEqual(["2027-03-07", "2027-03-08", "2027-03-09"]);
});

const [DAY] = example(1).daily as Record<string, unknown>[];

it.each([
  ["nothing", null],
  ["text", "hello"],
  ["a list", []],
  ["an error", { error: { code: "busy", message: "" } }],
  ["no days", example(7, { days: 0 })],
  ["half a k", example(7, { k: 2.5 })],
  ["no demo", example(7, { demo: "no" })],
  ["a negative count", example(7, { latest: { day: "2027-03-09", calls: -1, peers: 2 } })],
  ["a newest day that is none", example(7, { latest: { day: "today", calls: 1, peers: 2 } })],
  ["a count in text", example(7, { total: { calls: "9", peers: 2 } })],
  ["a share above one", example(7, { success: 1.2 })],
  ["no number", example(7, { success: Number.NaN })],
  ["endless bytes", example(7, { bytes: Number.POSITIVE_INFINITY })],
  ["a candidate type without share", example(7, { candidateTypes: [{ candidateType: "relay" }] })],
  ["a candidate type without name", example(7, { candidateTypes: [{ share: 0.1 }] })],
  ["no candidate types", example(7, { candidateTypes: undefined })],
  [
    "the name of an earlier version",
    example(7, { candidateTypes: [{ path: "relay", share: 0.1 }] }),
  ],
  ["a name without an end", example(7, { failures: [{ outcome: "x".repeat(65), count: 1 }] })],
  ["half a failure", example(7, { failures: [{ outcome: "other", count: 1.5 }] })],
  ["money without a currency", example(7, { cost: { per1000: 1 } })],
  ["money nobody knows", example(7, { cost: { per1000: 1, currency: "€" } })],
  ["phases in a list", example(7, { phases: [1] })],
  ["days in an object", example(7, { daily: {} })],
  ["a day of no calendar", example(7, { daily: [{ ...DAY, day: "2027-13-41" }] })],
  ["the same day twice", example(7, { daily: [DAY, DAY] })],
  ["far too many days", example(7, { daily: Array(1_001).fill(DAY) })],
])("refuses %s", (_, junk) => {
  expect(parseSummary(junk)).toBeNull();
});

it("keeps the answer as it came", () => {
  const { daily } = example(3) as { daily: { day: string }[] };
  const answer = example(3, { daily: daily.toReversed() });
  const copy = structuredClone(answer);
  parseSummary(answer);
  expect(answer).toEqual(copy);
});

it("forgives shares that were rounded up, and shows no more than all", () => {
  expect(parseSummary(example(7, { success: 1.000_000_5 }))?.success).toBe(1);
});

it("takes a day of which everything is withheld", () => {
  const [first] = parseSummary(example(1, { daily: [{ day: "2027-03-09" }] }))?.daily ?? [];
  expect(first).toEqual({
    day: "2027-03-09",
    calls: null,
    peers: null,
    success: null,
    p50: null,
    p95: null,
    phases: { admit: null, signal: null, ice: null, dtls: null, open: null },
    candidateTypes: { host: null, srflx: null, prflx: null, relay: null },
    cost: null,
  });
});

it("takes prices without enough calls to name a cost", () => {
  const cost = parseSummary(example(7, { cost: { per1000: null, currency: "USD" } }))?.cost;
  expect(cost).toEqual({ per1000: null, currency: "USD" });
});

it("reads every member that the page shows", () => {
  expect(parseSummary(example(7))).toMatchObject({
    days: 7,
    k: 10,
    asOf: NOW,
    demo: false,
    total: { calls: 40_000, peers: 81_000 },
    success: 0.961,
    candidateTypes: [
      { candidateType: "srflx", share: 0.8 },
      { candidateType: "relay", share: 0.11 },
      { candidateType: "relay", share: 0.03 },
      { candidateType: "other", share: 0.06 },
    ],
    failures: [
      { outcome: "failed-ice", count: 92 },
      { outcome: "other", count: 14 },
    ],
    relayBytes: 4.2e10,
    bytes: 2.3e11,
    cost: { per1000: 0.1432, currency: "EUR" },
  });
});
