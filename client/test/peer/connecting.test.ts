/** What is done about a connection that does not come about or was lost, and when: the table. */
import { describe, expect, test } from "vitest";
import { exhausted, type Facts, next, withoutPath } from "../../src/peer/connecting.js";

const T = 1_000_000; // the connection began

/** The impolite side of a connection that has just begun, in a room that allows TURN. */
function facts(changes: Partial<Facts> = {}): Facts {
  return {
    polite: false,
    absent: false,
    up: false,
    reached: false,
    since: T,
    described: null,
    failed: null,
    disconnected: null,
    silent: null,
    broken: null,
    news: null,
    tries: 0,
    tried: 0,
    jitter: 0,
    stage: "direct",
    escalated: null,
    asking: false,
    turn: TURN,
    ...changes,
  };
}

const NO_NEED = { relays: "none", certain: false } as const;
const TURN = { allowed: true, relayed: false, fresh: false, need: NO_NEED };
const NO_TURN = { ...TURN, allowed: false };
const restart = { type: "restart" } as const;
const replace = { type: "replace" } as const;
const ask = { type: "ask" } as const;

describe("recovery: when", () => {
  test.each<[string, Partial<Facts>, number]>([
    ["a new connection has 10 s", {}, T + 10_000],
    ["a connection that was lost has 10 s from then", { since: T + 60_000 }, T + 70_000],
    ["disconnected, ICE has 2.5 s to return by itself", { disconnected: T + 100 }, T + 2_600],
    ["silent, nobody waits", { silent: T + 100 }, T + 100],
    ["broken, the news that the peer left has 1 s", { broken: T + 100 }, T + 1_100],
    ["failed, it is tried at once", { failed: T + 100, turn: NO_TURN }, T + 100],
    ["what comes first counts", { disconnected: T + 5_000, broken: T + 6_000 }, T + 7_000],
    ["10 s count although it was disconnected late", { disconnected: T + 9_000 }, T + 10_000],
    ["with news, it is tried at once", { news: T + 50 }, T + 50],
    ["news do not wait for a pause", { news: T + 50, tries: 3, tried: T }, T + 50],
  ])("%s", (_, changes, at) => {
    expect(next(facts(changes))?.at).toBe(at);
  });

  test.each([
    [1, 5_000],
    [2, 10_000],
    [3, 20_000],
    [4, 20_000],
    [5, 20_000],
    [6, 20_000],
  ])("after try %i it waits %i ms, up to a fifth more", (tries, ms) => {
    const tried = facts({ tries, tried: T });
    expect(next(tried)?.at).toBe(T + ms);
    expect(next({ ...tried, jitter: 1 })?.at).toBe(T + ms * 1.2);
    expect(next({ ...tried, jitter: 0.5 })?.at).toBe(T + ms * 1.1);
  });

  test("during a pause a new failure does not hurry it", () => {
    const due = next(facts({ tries: 1, tried: T, failed: T + 1_000, turn: NO_TURN }));
    expect(due).toEqual({ at: T + 5_000, action: restart });
  });

  test("a failure that was escalated has 5 s to be mended by that", () => {
    const changes = { failed: T, escalated: T, stage: "ours", asking: true } as const;
    expect(next(facts(changes))).toEqual({ at: T + 5_000, action: restart });
  });

  test("a failure after the escalation has no such grace", () => {
    const changes = { failed: T + 9_000, escalated: T, stage: "both" } as const;
    expect(next(facts({ ...changes, since: T + 5_000 }))).toEqual({
      at: T + 9_000,
      action: restart,
    });
  });
});

describe("recovery: what", () => {
  test.each<[string, Partial<Facts>, object]>([
    ["the polite side asks", { polite: true }, ask],
    ["the polite side asks also when it is broken", { polite: true, broken: T }, ask],
    ["the polite side asks each time", { polite: true, tries: 5, tried: T }, ask],
    ["the impolite side restarts", {}, restart],
    ["the impolite side restarts a second time", { tries: 1, tried: T }, restart],
    ["the third time it replaces", { tries: 2, tried: T }, replace],
    ["the sixth time it replaces", { tries: 5, tried: T }, replace],
    ["what is broken is replaced at once", { broken: T }, replace],
    ["what is broken is replaced on news", { broken: T, news: T }, replace],
    ["after six tries it gives up", { tries: 6, tried: T }, { type: "giveUp" }],
    ["so does the polite side", { tries: 6, tried: T, polite: true }, { type: "giveUp" }],
  ])("%s", (_, changes, action) => {
    expect(next(facts({ turn: NO_TURN, ...changes }))?.action).toEqual(action);
  });

  test.each([true, false])("what was given up is left alone (polite: %s)", (polite) => {
    const given = facts({ tries: 7, tried: T, polite, failed: T, turn: NO_TURN });
    expect(next(given)).toBeNull();
    expect(exhausted(given)).toBe(true);
  });

  test("six tries are not too many yet", () => {
    expect(exhausted({ tries: 6 })).toBe(false);
  });

  test("news bring back what was given up", () => {
    expect(next(facts({ tries: 0, news: T + 5, turn: NO_TURN }))).toEqual({
      at: T + 5,
      action: restart,
    });
  });
});

describe("what is up is left alone", () => {
  test.each<[string, Partial<Facts>]>([
    ["new", {}],
    ["after tries", { tries: 3, tried: T }],
    ["with an old failure", { failed: T }],
    ["with news", { news: T }],
    ["described long ago", { described: T }],
  ])("%s", (_, changes) => {
    expect(next(facts({ ...changes, up: true }))).toBeNull();
  });
});

describe("escalation: when", () => {
  const ours = { type: "escalate", stage: "ours" } as const;
  const both = { type: "escalate", stage: "both" } as const;
  const relayed = { ...TURN, relayed: true };

  test.each<[string, Partial<Facts>, number, object]>([
    ["a direct path has 1.5 s", { described: T }, T + 1_500, ours],
    ["a path through TURN has 3 s", { described: T, turn: relayed }, T + 3_000, ours],
    ["a failure does not wait", { described: T, failed: T + 100 }, T + 100, ours],
    ["a failure before any answer does not wait", { failed: T + 100 }, T + 100, ours],
    [
      "ours did not help: theirs too",
      { stage: "ours", escalated: T, described: T + 200, turn: relayed },
      T + 3_200,
      both,
    ],
    [
      "ours was brought along and is new: theirs too",
      { described: T, turn: { ...TURN, relayed: true, fresh: true } },
      T + 3_000,
      both,
    ],
  ])("%s", (_, changes, at, action) => {
    expect(next(facts(changes))).toEqual({ at, action });
  });

  test("what was before an escalation is answered by it", () => {
    const escalated = { stage: "ours", escalated: T + 1_500 } as const;
    expect(next(facts({ ...escalated, described: T }))?.action).toEqual(restart);
    expect(next(facts({ ...escalated, failed: T + 1_500 }))?.action).toEqual(restart);
    expect(next(facts({ ...escalated, failed: T + 1_600 }))?.action).toEqual(both);
  });

  test("before a recovery that is due at the same time", () => {
    expect(next(facts({ failed: T }))?.action).toEqual(ours);
  });

  test("after a recovery that is due sooner", () => {
    expect(next(facts({ described: T + 9_000 }))?.action).toEqual(restart);
  });
});

describe("escalation: where two networks call for relays", () => {
  type Relays = Facts["turn"]["need"]["relays"];
  const need = (relays: Relays, certain: boolean, more: Partial<Facts> = {}) =>
    next(facts({ described: T, turn: { ...TURN, need: { relays, certain } }, ...more }));
  const escalate = (stage: string) => ({ type: "escalate", stage });

  test.each<Relays>(["ours", "theirs", "both"])("%s, at once if it is certain", (relays) => {
    expect(need(relays, true)).toEqual({ at: T, action: escalate(relays) });
    expect(need(relays, false)).toEqual({ at: T + 100, action: escalate(relays) });
  });

  test("the polite side only gets ready, and only if it is to bring one", () => {
    expect(need("ours", true, { polite: true })).toEqual({ at: T, action: escalate("ours") });
    expect(need("both", false, { polite: true })).toEqual({
      at: T + 100,
      action: escalate("both"),
    });
    expect(need("theirs", true, { polite: true })?.action).toEqual(ask);
    expect(need("ours", true, { polite: true, stage: "ours", escalated: T })?.action).toEqual(ask);
  });

  test.each(["ours", "theirs"] as const)("%s did not help: both", (stage) => {
    const more = { stage, escalated: T, described: T + 200 } as const;
    expect(need(stage, true, more)).toEqual({ at: T + 1_700, action: escalate("both") });
    expect(need("both", true, { stage: "both", escalated: T })?.action).toEqual(restart);
  });

  test.each<[Facts["stage"], Relays]>([
    ["ours", "theirs"],
    ["ours", "both"],
    ["theirs", "ours"],
    ["theirs", "both"],
  ])("%s was tried when it turns out that they call for %s: both, at once", (stage, relays) => {
    const more = { stage, escalated: T, described: T + 200 } as const;
    expect(need(relays, true, more)).toEqual({ at: T + 200, action: escalate("both") });
    expect(need(relays, true, { ...more, polite: true })?.action).toEqual(ask);
    expect(need(relays, true, { ...more, described: T })?.action).toEqual(restart);
  });

  test.each(["ours", "theirs"] as const)("%s was tried, and it is not certain", (stage) => {
    const more = { stage, escalated: T, described: T + 200 } as const;
    const other = stage === "ours" ? "theirs" : "ours";
    expect(need("both", false, more)).toEqual({ at: T + 300, action: escalate("both") });
    expect(need(other, false, more)).toEqual({ at: T + 1_700, action: escalate("both") });
  });

  test("not before both descriptions are set, and not where TURN is not allowed", () => {
    expect(need("ours", true, { described: null })?.action).toEqual(restart);
    expect(
      next(facts({ described: T, turn: { ...NO_TURN, need: { relays: "ours", certain: true } } }))
        ?.action,
    ).toEqual(restart);
  });
});

describe("escalation: not", () => {
  test.each<[string, Partial<Facts>]>([
    ["by the polite side", { polite: true }],
    ["for a peer that is absent", { absent: true }],
    ["where TURN is not allowed", { turn: NO_TURN }],
    ["with a path that ICE has reached", { reached: true }],
    ["for a connection that is broken", { broken: T + 60_000 }],
    ["when both have brought TURN", { stage: "both", escalated: T - 1 }],
    ["while credentials are on their way", { asking: true }],
  ])("%s", (_, changes) => {
    const due = next(facts({ described: T, failed: T, since: T - 100, ...changes }));
    expect(due?.action.type).not.toBe("escalate");
  });

  test("before both descriptions are set", () => {
    expect(next(facts())?.action.type).not.toBe("escalate");
  });
});

describe("without a path", () => {
  test.each<[string, Partial<Facts>, boolean]>([
    ["the impolite side, in a room with TURN", {}, true],
    ["also when TURN was tried", { stage: "both" }, true],
    ["the polite side too", { polite: true }, true],
    ["not with a path", { reached: true }, false],
    ["not when it is up", { up: true }, false],
    ["not when it is broken", { broken: T }, false],
    ["not for one that is absent", { absent: true }, false],
    ["not where TURN is not allowed", { turn: NO_TURN }, false],
  ])("%s", (_, changes, expected) => {
    expect(withoutPath(facts(changes))).toBe(expected);
  });
});

describe("over time", () => {
  /** Follows `next` from the beginning, as if nothing ever helped. */
  function follow(start: Facts): [number, string][] {
    const log: [number, string][] = [];
    let now = start;
    for (let due = next(now); due && log.length < 20; due = next(now)) {
      const { at, action } = due;
      log.push([at - T, action.type === "escalate" ? action.stage : action.type]);
      now =
        action.type === "escalate"
          ? { ...now, stage: action.stage, escalated: at, described: at + 100 }
          : { ...now, tries: now.tries + 1, tried: at, news: null };
    }
    return log;
  }

  test("an impolite side that never gets through", () => {
    expect(follow(facts({ described: T }))).toEqual([
      [1_500, "ours"],
      [3_100, "both"],
      [10_000, "restart"],
      [15_000, "restart"],
      [25_000, "replace"],
      [45_000, "replace"],
      [65_000, "replace"],
      [85_000, "replace"],
      [105_000, "giveUp"],
    ]);
  });

  test("a polite side that never gets through", () => {
    expect(follow(facts({ polite: true })).map(([at, what]) => [at, what])).toEqual([
      [10_000, "ask"],
      [15_000, "ask"],
      [25_000, "ask"],
      [45_000, "ask"],
      [65_000, "ask"],
      [85_000, "ask"],
      [105_000, "giveUp"],
    ]);
  });
});
