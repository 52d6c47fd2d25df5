/** An answer of `GET /api/stats` as the protocol describes it, for one range. */
const DAY = 86_400_000;
export const NOW = Date.UTC(2027, 2, 9, 14, 30);

const day = (back: number): Record<string, unknown> => ({
  day: new Date(NOW - back * DAY).toISOString().slice(0, 10),
  calls: 100 + back,
  peers: 200 + back,
  success: 0.96,
  p50: 400,
  p95: 1_600,
  phases: { admit: 90, signal: 85, ice: 130, dtls: 48, open: 22 },
  paths: { host: 0.1, srflx: 0.6, prflx: null, relay: 0.2 },
  relayBytes: 1e8,
  cost: 0.02,
});

export function example(days = 7, change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    days,
    k: 10,
    asOf: NOW,
    demo: false,
    today: { calls: 1_234, peers: 2_500 },
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
    paths: [
      { path: "srflx", transport: "udp", share: 0.8 },
      { path: "relay", transport: "udp", share: 0.11 },
      { path: "relay", transport: "tls", share: 0.03 },
      { path: "other", transport: null, share: 0.06 },
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

const WITHHELD = { calls: null, peers: null };

/** Before anybody has called, and while fewer than k have. */
export const few = (days = 7): Record<string, unknown> =>
  example(days, {
    today: WITHHELD,
    total: WITHHELD,
    success: null,
    phases: {},
    paths: [],
    failures: [],
    relayBytes: null,
    bytes: null,
    cost: null,
    daily: [],
  });
