import { afterEach, describe, expect, test } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { type HedgeOptions, hedge, isFinal, type Outcome } from "../../src/stamps/hedge.js";
import { VirtualTime } from "./time.js";

const error = (code: string) => new HeliographError(code, "");
const away = error("backend_away");

/** What a stamp does: answers after `ms`, fails after `ms`, or stands still until it is aborted. */
type Behaviour = { ms: number; fails?: unknown } | "still";

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => void unhandled.push(reason));
afterEach(() => expect(unhandled).toEqual([]));

/** One call; `log` is what happened, with its time in ms. */
function call(stamps: Behaviour[], options: Partial<HedgeOptions<string>> = {}) {
  const time = new VirtualTime();
  const log: string[] = [];
  const note = (text: string) => void log.push(`${time.now()} ${text}`);
  const attempt = async (stamp: number, signal: AbortSignal) => {
    note(`start ${stamp}`);
    const behaviour = stamps[stamp] ?? "still";
    await time.pause(behaviour === "still" ? 1e9 : behaviour.ms, signal);
    if (signal.aborted) throw error("aborted");
    if (behaviour !== "still" && behaviour.fails) throw behaviour.fails;
    return `of ${stamp}`;
  };
  const ended = ({ stamp, ms, late, ...rest }: Outcome<string>) =>
    note(
      `end ${stamp}: ${"value" in rest ? "ok" : String((rest.error as HeliographError).code)}, ${ms} ms${late ? ", late" : ""}`,
    );
  const result = hedge({
    time,
    stamps: [...stamps.keys()],
    attempt,
    hedgeMs: () => 200,
    overdue: (stamp) => note(`overdue ${stamp}`),
    ended,
    ...options,
  }).then(
    ({ stamp, value }) => note(`answer ${stamp} ${value}`),
    (reason: HeliographError) => note(`refusal ${reason.code ?? reason}`),
  );
  const run = async (end = 60_000) => {
    await time.runUntil(end);
    return log;
  };
  return { time, log, result, run };
}

describe("a hedged call", () => {
  test("asks nobody else when the first answers in time", async () => {
    expect(await call([{ ms: 199 }, { ms: 10 }]).run()).toEqual([
      "0 start 0",
      "199 end 0: ok, 199 ms",
      "199 answer 0 of 0",
    ]);
  });

  test("asks the next when the first has not answered in time, and takes the first answer", async () => {
    expect(await call([{ ms: 250 }, { ms: 100 }]).run()).toEqual([
      "0 start 0",
      "200 overdue 0",
      "200 start 1",
      "250 end 0: ok, 250 ms",
      "250 answer 0 of 0",
      "300 end 1: ok, 100 ms, late",
    ]);
  });

  test("is not held up by a stamp that stands still", async () => {
    const { log, run } = call(["still", { ms: 100 }]);
    await run(300);
    expect(log.at(-1)).toBe("300 answer 1 of 1");
  });

  test("asks the next at once after a transient failure, and waits for no hedge", async () => {
    expect(await call([{ ms: 20, fails: away }, { ms: 100 }]).run()).toEqual([
      "0 start 0",
      "20 start 1",
      "20 end 0: backend_away, 20 ms",
      "120 end 1: ok, 100 ms",
      "120 answer 1 of 1",
    ]);
  });

  test("asks all at the same time where the hedge is 0", async () => {
    const log = await call([{ ms: 50 }, { ms: 30 }, { ms: 40 }], { hedgeMs: () => 0 }).run();
    expect(log.slice(0, 3)).toEqual(["0 start 0", "0 start 1", "0 start 2"]);
    expect(log).toContain("30 answer 1 of 1");
    expect(log.filter((line) => line.includes("overdue"))).toEqual([]);
  });

  test("asks each of three stamps once", async () => {
    const log = await call(["still", { ms: 500 }, { ms: 500, fails: away }]).run();
    expect(log.filter((line) => line.includes("start"))).toEqual([
      "0 start 0",
      "200 start 1",
      "400 start 2",
    ]);
    expect(log).toContain("700 answer 1 of 1");
  });

  test("takes a late answer of the first when the second has failed", async () => {
    expect(await call([{ ms: 900 }, { ms: 20, fails: away }]).run()).toContain("900 answer 0 of 0");
  });

  test("ends at once with a refusal that every stamp would give", async () => {
    const log = await call([{ ms: 20, fails: error("too_large") }, { ms: 10 }]).run();
    expect(log).toEqual(["0 start 0", "20 end 0: too_large, 20 ms", "20 refusal too_large"]);
  });

  test("ends at once with such a refusal of the second", async () => {
    const log = await call(["still", { ms: 20, fails: error("kicked") }]).run(1_000);
    expect(log.at(-1)).toBe("220 refusal kicked");
  });

  test("lets its caller say which refusals end it", async () => {
    const isFinal = (_: unknown, stamp: number) => stamp === 0;
    const full = error("room_full");
    expect(await call([{ ms: 20, fails: away }, { ms: 1 }], { isFinal }).run()).toContain(
      "20 refusal backend_away",
    );
    expect(await call([{ ms: 300 }, { ms: 1, fails: full }], { isFinal }).run()).toContain(
      "300 answer 0 of 0",
    );
  });

  test("tells how attempts end that are late, also those that fail", async () => {
    const log = await call([{ ms: 700, fails: away }, { ms: 10 }]).run();
    expect(log.at(-1)).toBe("700 end 0: backend_away, 700 ms, late");
  });

  test("ends after 15 s, and aborts its attempts", async () => {
    expect((await call(["still", "still"]).run()).slice(-3)).toEqual([
      "15000 refusal backend_away",
      "15000 end 0: aborted, 15000 ms, late",
      "15000 end 1: aborted, 14800 ms, late",
    ]);
  });

  test("ends sooner where its caller says so", async () => {
    expect(await call(["still"], { timeoutMs: 4_000 }).run()).toContain(
      "4000 refusal backend_away",
    );
  });

  test("ends when its caller aborts it, and aborts its attempts", async () => {
    const abort = new AbortController();
    const { time, run } = call(["still", "still"], { signal: abort.signal });
    time.clock.after(100, () => abort.abort());
    expect(await run()).toEqual([
      "0 start 0",
      "100 refusal aborted",
      "100 end 0: aborted, 100 ms, late",
    ]);
  });

  test("asks nobody when it was aborted before", async () => {
    expect(await call([{ ms: 1 }], { signal: AbortSignal.abort() }).run()).toEqual([
      "0 refusal aborted",
    ]);
  });

  test("rejects with what an attempt throws that is no refusal", async () => {
    const log = await call([{ ms: 1, fails: new TypeError("a bug") }, { ms: 1 }]).run();
    expect(log.at(-1)).toContain("a bug");
  });

  test("without a stamp fails", async () => {
    expect(await call([]).run()).toEqual(["0 refusal backend_away"]);
  });
});

describe("when all have failed, the call rejects", () => {
  test.each([
    ["with the one that said why", ["backend_away", "rate_limited"], "rate_limited"],
    ["whatever their order", ["rate_limited", "backend_away"], "rate_limited"],
    ["as not decided, if one stamp was away", ["peer_not_found", "backend_away"], "backend_away"],
    ["as decided, if all say so", ["peer_not_found", "peer_not_found"], "peer_not_found"],
    ["with the first of two that are alike", ["busy", "unavailable"], "busy"],
  ])("%s", async (_, codes, expected) => {
    const stamps = codes.map((code) => ({ ms: 10, fails: error(code) }));
    expect((await call(stamps).run()).at(-1)).toContain(`refusal ${expected}`);
  });

  test("as not decided, if one has not answered when the time is over", async () => {
    const log = await call(["still", { ms: 10, fails: error("not_member") }]).run();
    expect(log).toContain("15000 refusal backend_away");
  });
});

test.each<[string, boolean]>([
  ["backend_away", false],
  ["busy", false],
  ["day_full", false],
  ["rate_limited", false],
  ["unavailable", false],
  ["not_member", false],
  ["peer_not_found", false],
  ["token_expired", false],
  ["room_not_found", false],
  ["kicked", true],
  ["too_large", true],
  ["invalid_message", true],
  ["aborted", true],
  ["a_code_of_a_newer_backend", true],
])("%s: no other stamp is asked: %s", (code, is) => {
  expect(isFinal(error(code))).toBe(is);
});
