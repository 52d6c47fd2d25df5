/** When a relay is asked for, and by whom. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Escalation, type Stage } from "../../src/peer/escalation.js";

const START = 1_795_290_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

describe("escalation", () => {
  function escalation() {
    const state = { stuck: true, tried: false, relayed: false, refuse: false };
    const log: [Stage, number][] = [];
    const it: Escalation = new Escalation({
      stuck: () => state.stuck,
      tried: () => state.tried,
      relayed: () => state.relayed,
      act: async (stage) => {
        log.push([stage, Date.now() - START]);
        if (state.refuse) it.refused();
        else state.tried = stage === "ours";
        state.relayed = !state.refuse;
      },
    });
    return { it, log, state };
  }

  test("a stall of 1.5 s gets our relay, 3 s more get theirs too, and then no more", async () => {
    const { it, log } = escalation();
    it.watch();
    await vi.advanceTimersByTimeAsync(1_600);
    it.watch(); // the restart has been answered
    await vi.advanceTimersByTimeAsync(3_000);
    it.watch();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log).toEqual([
      ["ours", 1_500],
      ["both", 4_600],
    ]);
  });

  test("a path that is found in time costs nothing", async () => {
    const { it, log, state } = escalation();
    it.watch();
    await vi.advanceTimersByTimeAsync(1_400);
    it.reset();
    await vi.advanceTimersByTimeAsync(10_000);
    it.watch();
    state.stuck = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log).toEqual([]);
    expect(it.failed()).toBe(false);
  });

  test("a failure does not wait", () => {
    const { it, log } = escalation();
    it.watch();
    vi.advanceTimersByTime(100);
    expect(it.failed()).toBe(true);
    expect(log).toEqual([["ours", 100]]);
  });

  test("refused, theirs is asked for, and a failure is left to others", async () => {
    const { it, state } = escalation();
    state.refuse = true;
    it.watch();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(it.stage).toBe("both");
    expect(it.failed()).toBe(false);
    it.reset();
    expect(it.stage).toBe("direct");
  });

  test("a relay that is in play already has 3 s, and ours is not asked for twice", async () => {
    const { it, log, state } = escalation();
    state.tried = true;
    state.relayed = true;
    it.watch();
    await vi.advanceTimersByTimeAsync(2_900);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(log).toEqual([["both", 3_000]]);
  });
});
