/**
 * Two negotiations against each other, without a browser: over a channel that loses, repeats,
 * reorders and delays, with browsers that refuse descriptions, on virtual time.
 * A run that fails prints its seed; `run(seed)` is that run again.
 */
import { describe, expect, test } from "vitest";
import { initial, step } from "../../src/peer/negotiation.js";
import type { Event, State, Step } from "../../src/peer/negotiation-types.js";
import { runsOf, seeds } from "../long.js";
import { Clock } from "./model/clock.js";
import { IllegalCall, ModelConnection } from "./model/connection.js";
import { Random } from "./model/random.js";
import { type Result, type RunOptions, run } from "./model/run.js";

const RUNS = runsOf(10_000, 1_000);
const BAD_NETWORK_BOUND_MS = 60_000;
const GOOD_NETWORK_BOUND_MS = 20_000;
/** After a refusal both sides are stable again so soon, on a network that loses nothing. */
const STABLE_AGAIN_BOUND_MS = 3_000;
/** After the last track of either side was added; TURN credentials may take a second in each round. */
const TRACKS_BOUND_MS = 3_000;

function runs(count: number, options: RunOptions = {}, first = 1): Result[] {
  return [...Array(count).keys()].map((n) => {
    const seed = first + n;
    try {
      return run(seed, options);
    } catch (error) {
      throw new Error(`The run of seed ${seed} threw: ${error}`, { cause: error });
    }
  });
}

/** Seed, what is wrong, and the last of what happened. */
function explain({ seed, scenario, problems, log }: Result): string {
  return [`seed ${seed} (${scenario}): ${problems.join("; ")}`, ...log.slice(-40)].join("\n");
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

function figures(name: string, results: readonly Result[]): string {
  const of = (value: (result: Result) => number) => {
    const values = results.map(value);
    return [0.5, 0.99, 1].map((share) => quantile(values, share)).join(" / ");
  };
  const refusals = results.reduce((sum, result) => sum + result.refusals, 0);
  return [
    `${name}: ${results.length} runs, ${refusals} refused operations.`,
    `Median / 99 % / worst: ${of((r) => r.settledMs)} ms to settle,`,
    `${of((r) => r.offers)} offers, ${of((r) => r.messages)} messages,`,
    `${of((r) => r.unstableMs)} ms not stable.`,
    `${results.filter((r) => r.gaveUp).length} runs gave up a description on the way.`,
  ].join(" ");
}

describe("two machines", () => {
  test(`in ${RUNS} runs over a bad network end connected and stable`, { timeout: 120_000 }, () => {
    const results = runs(RUNS);
    const failed = results.filter((r) => !r.connected || r.settledMs > BAD_NETWORK_BOUND_MS);
    expect(failed.map(explain)).toEqual([]);
    console.info(figures("Bad network", results));
    const scenarios = new Set(results.map(({ scenario }) => scenario));
    expect(scenarios.size).toBe(12);
    expect(results.filter(({ refusals }) => refusals > 0).length).toBeGreaterThan(RUNS / 4);
  });

  test("are stable again within 3 s of a refusal, on a good network", { timeout: 60_000 }, () => {
    const results = runs(runsOf(2_000, 300), { perfect: true, refusals: 3 }, 500_001);
    const failed = results.filter(
      (r) =>
        !r.connected || r.unstableMs > STABLE_AGAIN_BOUND_MS || r.settledMs > GOOD_NETWORK_BOUND_MS,
    );
    expect(failed.map(explain)).toEqual([]);
    console.info(figures("Good network", results));
  });

  // A page that reloads can be offered its old pair, and then browsers refuse by themselves.
  test("give up a description in less than 2 % of runs without random refusals", () => {
    const results = runs(runsOf(1_000, 300), { refusals: 0 }, 900_001);
    expect(results.filter(({ gaveUp }) => gaveUp).length).toBeLessThan(0.02 * results.length);
  });

  test("make one offer and one answer where nothing is lost and nobody disturbs", () => {
    const results = runs(300, { perfect: true, refusals: 0, quiet: true }, 700_001);
    const simple = results.filter(({ scenario }) => /^. offers$/.test(scenario));
    expect(simple.length).toBeGreaterThan(50);
    for (const result of simple) expect(result.offers, explain(result)).toBe(1);
    for (const result of results) expect(result.offers, explain(result)).toBeLessThanOrEqual(3);
  });

  test("take no offer back after the first round, whoever adds tracks when", {
    timeout: 60_000,
  }, () => {
    const results = runs(
      runsOf(3_000, 400),
      { perfect: true, refusals: 0, tracksOnly: true },
      1_300_001,
    );
    const bad = results.filter(
      (r) => !r.connected || r.rollbacks > 0 || r.settledMs > TRACKS_BOUND_MS,
    );
    expect(bad.map(explain)).toEqual([]);
    console.info(figures("Tracks", results));
  });

  test("would take offers back if the polite side did not ask for the floor", () => {
    const rude = (s: State, event: Event): Step => {
      const [state, effects] = step({ ...s, polite: s.polite && event.type !== "needed" }, event);
      return [{ ...state, polite: s.polite }, effects];
    };
    const options = { perfect: true, refusals: 0, tracksOnly: true, stepper: rude };
    const rolledBack = runs(300, options, 1_300_001).filter(({ rollbacks }) => rollbacks > 0);
    expect(rolledBack.length).toBeGreaterThan(100);
  });

  // The pairs may have no offer in common, or one, and it may be used with somebody else meanwhile.
  test("come to the same pair where two stamps have made two, without waiting for a timer", () => {
    const results = runs(runsOf(2_000, 400), { perfect: true, refusals: 0, quiet: true }, 300_001);
    const met = results.filter(({ scenario }) => scenario.startsWith("two stamps"));
    expect(met.length).toBeGreaterThan(results.length / 5);
    const slow = met.filter(({ connected, settledMs }) => !connected || settledMs > 2_500);
    expect(slow.map(explain)).toEqual([]);
  });

  test("give the same run for the same seed", () => {
    const [one, other] = [run(4_711), run(4_711)];
    expect(other.log).toEqual(one.log);
    expect(run(4_712).log).not.toEqual(one.log);
  });
});

/** Machines with one fault each: if the runs did not notice, they would prove nothing. Where it takes many, a seed. */
const FAULTS: [string, (state: State, event: Event) => Step, seed?: number][] = [
  [
    "takes their offer without a rollback of its own",
    (s, e) => {
      if (e.type !== "offer" || s.phase !== "offered" || !s.polite) return step(s, e);
      return step({ ...s, phase: "idle", offer: null }, e);
    },
  ],
  ["is polite on both sides", (s, e) => step({ ...s, polite: true }, e)],
  ["is impolite on both sides", (s, e) => step({ ...s, polite: false }, e)],
  [
    "sends nothing again",
    (s, e) => (e.type === "repeatDue" || e.type === "heard" ? [s, []] : step(s, e)),
    639,
  ],
  [
    "takes a refused description for taken",
    (s, e) =>
      e.type === "failed" && s.phase === "taking" ? [{ ...s, phase: "idle" }, []] : step(s, e),
  ],
  [
    "does not hear that its offer was refused",
    (s, e) => (e.type === "asked" && e.refused !== undefined ? [s, []] : step(s, e)),
  ],
  ["ignores the order of descriptions", (s, e) => step({ ...s, newest: -1 }, e)],
  [
    "forgets an offer that comes during an operation",
    (s, e) => {
      const [state, effects] = step(s, e);
      return e.type === "offer" && state.next
        ? [{ ...state, next: null }, effects]
        : [state, effects];
    },
  ],
  [
    "keeps the old pair when they have a new one",
    (s, e) => (e.type === "offer" && s.joint && e.body.pc !== s.pc ? [s, []] : step(s, e)),
  ],
];

describe("the runs notice a machine that", () => {
  test.each(FAULTS)("%s", { timeout: 60_000 }, (_, stepper, seed) => {
    expect(firstFault(stepper, seed)).not.toBeNull();
  });

  /** What is wrong in the first run that fails; null if none of 3,000 does. */
  function firstFault(stepper: (state: State, event: Event) => Step, known = 1): string | null {
    for (const seed of seeds(3_000, known)) {
      try {
        const result = run(seed, { stepper });
        if (!result.connected) return result.problems.join("; ");
      } catch (error) {
        return String(error);
      }
    }
    return null;
  }
});

describe("the model of a browser", () => {
  function connection(refuses = false) {
    const clock = new Clock();
    let drawn = 0;
    const world = {
      clock,
      random: new Random(1),
      refuses: () => refuses,
      unique: (prefix: string) => `${prefix}${drawn++}`,
      rolledBack: () => {},
      note: () => {},
      bound: false,
    };
    const events: string[] = [];
    const link = new ModelConnection(world, {
      needed: () => void events.push("needed"),
      changed: () => void events.push(link.signalingState),
    });
    return { link, clock, events, settle: () => clock.runUntil(clock.now + 1_000) };
  }

  const ignore = () => {};

  test("fires negotiationneeded once, until it was negotiated", () => {
    const { link, events, settle } = connection();
    settle();
    link.addTrack();
    settle();
    expect(events).toEqual(["needed"]);
  });

  test("fires it again after a rollback, for it is still needed", () => {
    const { link, events, settle } = connection();
    settle();
    link.setLocalDescription(ignore, ignore);
    settle();
    link.rollback("local", ignore, ignore);
    settle();
    expect(events).toEqual(["needed", "needed"]);
  });

  test.each<[string, (link: ModelConnection) => void]>([
    ["a rollback when stable", (link) => link.rollback("local", ignore, ignore)],
    [
      "an answer when stable",
      (link) => link.setRemoteDescription("answer", ANSWER, ignore, ignore),
    ],
    [
      "an offer given as an answer",
      (link) => link.setRemoteDescription("offer", ANSWER, ignore, ignore),
    ],
    [
      "two operations at once",
      (link) => {
        link.setLocalDescription(ignore, ignore);
        link.setLocalDescription(ignore, ignore);
      },
    ],
  ])("does not allow %s", (_, call) => {
    const { link } = connection();
    expect(() => call(link)).toThrow(IllegalCall);
  });

  test("does not allow an implicit rollback", () => {
    const { link, settle } = connection();
    link.setLocalDescription(ignore, ignore);
    settle();
    expect(link.signalingState).toBe("have-local-offer");
    expect(() => link.setRemoteDescription("offer", OFFER, ignore, ignore)).toThrow(IllegalCall);
  });

  test("stays as it was when it refuses", () => {
    const { link, settle } = connection(true);
    let refused = 0;
    link.setRemoteDescription("offer", OFFER, ignore, () => (refused += 1));
    settle();
    expect([link.signalingState, refused]).toEqual(["stable", 1]);
  });

  test("refuses an answer to another offer", () => {
    const { link, settle } = connection();
    link.setLocalDescription(ignore, ignore);
    settle();
    const log: string[] = [];
    link.setRemoteDescription("answer", ANSWER, ignore, () => log.push("refused"));
    settle();
    expect([log, link.signalingState]).toEqual([["refused"], "have-local-offer"]);
  });

  test("connects two that exchange an offer and an answer", () => {
    const [one, other] = [connection(), connection()];
    one.link.setLocalDescription((sdp) => {
      other.link.setRemoteDescription(
        "offer",
        sdp,
        () => {
          other.link.setLocalDescription((reply) => {
            one.link.setRemoteDescription("answer", reply, ignore, ignore);
          }, ignore);
        },
        ignore,
      );
    }, ignore);
    for (let turn = 0; turn < 4; turn += 1) {
      one.settle();
      other.settle();
    }
    expect([one.link.signalingState, other.link.signalingState]).toEqual(["stable", "stable"]);
    expect(one.link.current?.local.id).toBe(other.link.current?.remote.id);
  });

  const OFFER = JSON.stringify({
    type: "offer",
    id: "o",
    ufrag: "u",
    certificate: "c",
    tracks: 0,
    lines: ["data"],
  });
  const ANSWER = JSON.stringify({
    type: "answer",
    id: "a",
    to: "another",
    ufrag: "u",
    certificate: "c",
    tracks: 0,
    lines: ["data"],
  });
});

describe("virtual time", () => {
  test("runs tasks by their time, and those of the same ms in order", () => {
    const clock = new Clock();
    const log: string[] = [];
    clock.after(20, () => log.push(`c ${clock.now}`));
    clock.after(10, () => log.push(`a ${clock.now}`));
    clock.after(10, () => log.push(`b ${clock.now}`));
    expect(clock.runUntil(15)).toBe(false);
    expect(log).toEqual(["a 10", "b 10"]);
    expect(clock.runUntil(30)).toBe(true);
    expect(log).toEqual(["a 10", "b 10", "c 20"]);
  });

  test("does not run what was cancelled", () => {
    const clock = new Clock();
    let ran = false;
    const cancel = clock.after(10, () => {
      ran = true;
    });
    cancel();
    clock.runUntil(100);
    expect(ran).toBe(false);
  });

  test("runs a thousand tasks in order", () => {
    const [clock, random] = [new Clock(), new Random(7)];
    const times: number[] = [];
    for (let n = 0; n < 1_000; n += 1) {
      clock.after(random.between(0, 1_000), () => times.push(clock.now));
    }
    clock.runUntil(2_000);
    expect(times).toHaveLength(1_000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

test("randomness is even enough, and the same for the same seed", () => {
  const [one, same, other] = [new Random(1), new Random(1), new Random(2)];
  const draw = (random: Random) => [...Array(1_000)].map(() => random.next());
  const values = draw(one);
  expect(draw(same)).toEqual(values);
  expect(draw(other)).not.toEqual(values);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
});

test("a machine starts where its setup says", () => {
  expect(initial({ pc: "x", polite: false, phase: "idle" }).phase).toBe("idle");
});
