/** Answers of `GET /api/stats` as protocol §3 describes them. */

import { parseSummary } from "../../src/stats/answer/parse.js";
import type { Summary } from "../../src/stats/answer/summary.js";
import { createFormat } from "../../src/stats/model/format.js";

const DAY_MS = 86_400_000;
export const NOW = Date.UTC(2027, 2, 9, 14, 30);

const day = (back: number): Record<string, unknown> => ({
  day: new Date(NOW - back * DAY_MS).toISOString().slice(0, 10),
  calls: 100 + back,
  peers: 200 + back,
  success: 0.96,
  p50: 400,
  p95: 1_600,
  phases: { admit: 90, signal: 85, ice: 130, dtls: 48, open: 22 },
  candidateTypes: { host: 0.1, srflx: 0.6, prflx: null, relay: 0.2 },
  relayBytes: 1e8,
  cost: 0.02,
});

/** Of a busy time. `change` replaces members. */
export function example(days = 7, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    days,
    k: 10,
    asOf: NOW,
    demo: false,
    latest: { day: "2027-03-09", calls: 1_234, peers: 2_500 },
    total: { calls: 40_000, peers: 81_000 },
    success: 0.961,
    phases: {
      admit: { p50: 98, p95: 260 },
      signal: { p50: 90, p95: 400 },
      ice: { p50: 130, p95: 700 },
      dtls: { p50: 48, p95: 130 },
      open: { p50: 22, p95: 70 },
      total: { p50: 412, p95: 1_630 },
    },
    candidateTypes: [
      { candidateType: "srflx", transport: "udp", share: 0.8 },
      { candidateType: "relay", transport: "udp", share: 0.11 },
      { candidateType: "relay", transport: "tls", share: 0.03 },
      { candidateType: "other", transport: null, share: 0.06 },
    ],
    browsers: [{ browser: "chromium", share: 1 }],
    failures: [
      { outcome: "failed-ice", count: 92 },
      { outcome: "other", count: 14 },
    ],
    relayBytes: 4.2e10,
    bytes: 2.3e11,
    cost: { per1000: 0.1432, currency: "EUR", asOf: "2027-01-01" },
    daily: Array.from({ length: days }, (_, index) => day(days - 1 - index)),
    ...change,
  };
}

const NOTHING = { calls: null, peers: null };

/** Before anybody has called, and while fewer than k have. */
export const few = (days = 7): Record<string, unknown> =>
  example(days, {
    latest: { day: "2027-03-09", ...NOTHING },
    total: NOTHING,
    success: null,
    phases: {},
    candidateTypes: [],
    failures: [],
    relayBytes: null,
    bytes: null,
    cost: null,
    daily: [],
  });

/** The numbers of a reader in Britain, in UTC. */
export const ENGLISH = createFormat("en-GB", "UTC");

/** Reads an answer that must be well formed. */
export function summaryOf(json: unknown): Summary {
  const summary = parseSummary(json);
  if (!summary) throw new Error("the example is malformed");
  return summary;
}

/** An answer whose days are changed, each by its place in the range. */
export function withDays(
  days: number,
  change: (at: number) => Record<string, unknown>,
): Record<string, unknown> {
  const { daily } = example(days) as { daily: Record<string, unknown>[] };
  return example(days, { daily: daily.map((day, at) => ({ ...day, ...change(at) })) });
}
