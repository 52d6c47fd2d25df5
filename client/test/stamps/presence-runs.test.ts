/**
 * The union of presence over two simulated stamps, on virtual time. A run that fails prints its
 * seed; `run(seed)` is that run again.
 */
import { describe, expect, test } from "vitest";
import { step } from "../../src/stamps/presence.js";
import type { Presence, PresenceEvent, PresenceStep } from "../../src/stamps/presence-types.js";
import { runsOf, seeds } from "../long.js";
import { type Result, type RunOptions, run } from "./model/run.js";

const RUNS = runsOf(1_000, 250);
/** A fault may take more of them to show. */
const FAULT_RUNS = 4_000;
/** After the last trouble: a backoff, 30 s without a connection, an absence of 30 s. */
const SETTLED_BOUND_MS = 100_000;

function explain({ seed, problems, log }: Result): string {
  return [`seed ${seed}: ${problems.join("; ")}`, ...log.slice(-60)].join("\n");
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

describe("pages at two stamps that fail", () => {
  const results = [...Array(RUNS).keys()].map((n) => run(n + 1));

  test(`list in ${RUNS} runs who is there, nobody who is gone, and lose nobody`, () => {
    const failed = results.filter(({ problems }) => problems.length > 0);
    expect(failed.slice(0, 3).map(explain)).toEqual([]);
  });

  test("agree soon after everything is well", () => {
    const settled = results.map(({ settledMs }) => settledMs);
    const figures = [0.5, 0.99, 1].map((share) => quantile(settled, share));
    console.info(
      `Presence: ${RUNS} runs, median / 99 % / worst ${figures.join(" / ")} ms to agree.`,
    );
    const late = results.filter(({ settledMs }) => !(settledMs <= SETTLED_BOUND_MS));
    expect(late.slice(0, 3).map(explain)).toEqual([]);
  });

  test("give the same run for the same seed", () => {
    expect(run(4_711).log).toEqual(run(4_711).log);
    expect(run(4_712).log).not.toEqual(run(4_711).log);
  });
});

/** Steps with one fault each: if the runs did not notice, they would prove nothing. Where it takes many, a seed. */
const FAULTS: [
  string,
  (presence: Presence, event: PresenceEvent) => PresenceStep,
  seed?: number,
][] = [
  [
    "takes what one stamp calls expired for gone",
    (p, e) => step(p, e.type === "left" && e.reason === "expired" ? { ...e, reason: "left" } : e),
  ],
  [
    "takes a disconnected socket for gone",
    (p, e) =>
      e.type === "disconnected"
        ? step(p, { type: "left", stamp: e.stamp, peer: e.peer, reason: "left", visit: 1e9 })
        : step(p, e),
  ],
  [
    "takes the leave of an old page for that of the new one",
    (p, e) => step(p, e.type === "left" ? { ...e, visit: p.members.get(e.peer)?.visit ?? 0 } : e),
  ],
  ["keeps what a stamp said after our socket there has ended", (p, e) => keepWords(p, e)],
  [
    "forgets who was kicked",
    (p, e) => {
      const [next, changes] = step(p, e);
      return [{ ...next, kicked: new Set(), past: new Map() }, changes];
    },
  ],
  [
    "lets an old list bring back who has left",
    (p, e) => {
      const [next, changes] = step(p, e);
      return [{ ...next, past: new Map() }, changes];
    },
  ],
  [
    "ignores that somebody is heard whom no stamp has told",
    (p, e) => (e.type === "heard" ? [p, []] : step(p, e)),
    883,
  ],
  [
    "says absent as soon as one stamp does",
    (p, e) => {
      const [next, changes] = step(p, e);
      if (e.type !== "disconnected" || !p.members.has(e.peer)) return [next, changes];
      const member = next.members.get(e.peer);
      if (!member) return [next, changes];
      const members = new Map(next.members).set(e.peer, { ...member, words: new Map() });
      return [{ ...next, members }, [...changes, { type: "absent", peer: e.peer, expired: false }]];
    },
  ],
  [
    "takes a list for newer than what was pushed meanwhile",
    (p, e) => (e.type === "asked" ? [p, []] : step(p, e)),
  ],
  [
    "does not judge anew when our socket opens",
    (p, e) => (e.type === "opened" ? [p, []] : step(p, e)),
  ],
];

function keepWords(presence: Presence, event: PresenceEvent): PresenceStep {
  return event.type === "closed" ? [presence, []] : step(presence, event);
}

describe("the runs notice a step that", () => {
  test.each(FAULTS)("%s", { timeout: 60_000 }, (_, stepper, seed) => {
    expect(firstFault({ stepper }, seed)).not.toBeNull();
  });

  test("asks no stamp whether it knows our socket", () => {
    expect(firstFault({ checks: false })).toContain("a socket that is not known");
  });

  /** What is wrong in the first run that fails; null if none does. */
  function firstFault(options: RunOptions, known = 1): string | null {
    for (const seed of seeds(FAULT_RUNS, known)) {
      const { problems } = run(seed, options);
      if (problems.length > 0) return `${seed}: ${problems.join("; ")}`;
    }
    return null;
  }
});
