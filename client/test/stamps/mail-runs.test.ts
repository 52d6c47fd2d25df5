/**
 * Texts through two simulated stamps, on virtual time. A run that fails prints its seed:
 * `new MailRun(seed).go()` is that run again.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { MAX_HEDGE_MS } from "../../src/stamps/routes.js";
import { runsOf } from "../long.js";
import { MailRun } from "./model/mail.js";
import { ALL_RULES, type MailResult, type Rules } from "./model/mail-types.js";

const RUNS = runsOf(60, 20);
/** The first stamp's hedge, and an answer of the second. */
const TAKEN_BOUND_MS = 1_500;
/** Of 99 %: the first repeat goes by the other stamp, and is hedged; a slow push. */
const DELIVERED_BOUND_MS = 2_500;

const run = (seed: number, rules: Rules = ALL_RULES) => new MailRun(seed, rules).go();

function explain({ seed, problems, log }: MailResult): string {
  return [`seed ${seed}: ${problems.slice(0, 5).join("; ")}`, ...log.slice(-40)].join("\n");
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

describe("texts through two stamps that fail", () => {
  const results: MailResult[] = [];

  beforeAll(async () => {
    for (let seed = 1; seed <= RUNS; seed += 1) results.push(await run(seed));
  }, 120_000);

  test("arrive once, and none that was acknowledged is lost", () => {
    const failed = results.filter(({ problems }) => problems.length > 0);
    expect(failed.slice(0, 3).map(explain)).toEqual([]);
  });

  test("start at the second stamp within the hedge of the first", () => {
    const hedged = results.flatMap(({ hedgedMs }) => hedgedMs);
    expect(hedged.length).toBeGreaterThan(RUNS);
    expect(Math.max(...hedged)).toBeLessThanOrEqual(MAX_HEDGE_MS);
  });

  test("are taken in 1.5 s where one stamp works all the time", () => {
    const times = results.flatMap(({ takenMs }) => takenMs);
    const [texts, repeats] = [sum(results, "texts"), sum(results, "repeats")];
    const figures = [0.5, 0.99, 1].map((share) => quantile(times, share)).join(" / ");
    console.info(
      `Texts: ${RUNS} runs, ${texts} texts, ${repeats} repeats, median / 99 % / worst ${figures} ms to be taken.`,
    );
    expect(Math.max(...times)).toBeLessThanOrEqual(TAKEN_BOUND_MS);
  });

  test("are delivered by the first repeat where one stamp works for both all the time", () => {
    const times = results.flatMap(({ deliveredMs }) => deliveredMs);
    const figures = [0.5, 0.99, 1].map((share) => quantile(times, share)).join(" / ");
    console.info(`Texts: median / 99 % / worst ${figures} ms to be delivered.`);
    expect(quantile(times, 0.99)).toBeLessThanOrEqual(DELIVERED_BOUND_MS);
  });

  test("go by one stamp and are not repeated while both work", async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { problems, texts, repeats, hedgedMs } = await new MailRun(seed, ALL_RULES, true).go();
      expect(problems).toEqual([]);
      expect(texts).toBeGreaterThan(30);
      expect([repeats, hedgedMs.length]).toEqual([0, 0]);
    }
  });

  test("give the same run for the same seed", async () => {
    expect(await run(4_711)).toEqual(await run(4_711));
    expect((await run(4_712)).log).not.toEqual((await run(4_711)).log);
  });
});

describe("the runs notice members who", () => {
  test.each<[string, Partial<Rules>]>([
    ["repeat nothing", { repeats: false }],
    ["do not drop what they have seen", { drops: false }],
    ["acknowledge a text only when it comes first", { acksRepeats: false }],
    ["give up when nobody could receive for a while", { returns: false }],
    ["ask no stamp whether it knows their socket", { checks: false }],
  ])("%s", { timeout: 120_000 }, async (_, fault) => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const { problems } = await run(seed, { ...ALL_RULES, ...fault });
      if (problems.length > 0) return;
    }
    expect.fail("No run has noticed it.");
  });

  test("repeat by the stamp that has taken it in vain", { timeout: 120_000 }, async () => {
    const times: number[] = [];
    for (let seed = 1; seed <= RUNS; seed += 1) {
      times.push(...(await run(seed, { ...ALL_RULES, otherStamp: false })).deliveredMs);
    }
    expect(quantile(times, 0.99)).toBeGreaterThan(DELIVERED_BOUND_MS);
  });

  test("ask one stamp only", { timeout: 120_000 }, async () => {
    const times: number[] = [];
    for (let seed = 1; seed <= 20; seed += 1) {
      times.push(...(await run(seed, { ...ALL_RULES, hedges: false })).takenMs);
    }
    expect(Math.max(...times)).toBeGreaterThan(TAKEN_BOUND_MS);
  });
});

function sum(results: readonly MailResult[], name: "texts" | "repeats"): number {
  return results.reduce((total, result) => total + result[name], 0);
}
