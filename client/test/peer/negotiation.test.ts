/** The negotiation's table, cell by cell, and the rules that go over several events. */
import { describe, expect, test } from "vitest";
import { initial, step } from "../../src/peer/negotiation.js";
import type { Effect, Event, State } from "../../src/peer/negotiation-types.js";
import {
  answer,
  asked,
  Cell,
  candidates,
  connected,
  EVENTS,
  FRESH,
  floor,
  joined,
  named,
  needed,
  OTHER_PC,
  offer,
  PC,
  PHASES,
  preparing,
  reach,
  restart,
  result,
  SIDES,
  sentOffer,
  up,
  waited,
} from "./cells.js";
import { TABLE } from "./negotiation.table.js";

const CELLS = PHASES.flatMap((phase) =>
  Object.keys(EVENTS).flatMap((event) =>
    SIDES(phase).map((polite) => ({ phase, event, side: polite ? "polite" : "impolite", polite })),
  ),
);

describe("each event in each phase", () => {
  test("has its cell in the table, and the table has no other", () => {
    expect(Object.keys(TABLE)).toEqual(PHASES);
    const known = new Set(Object.keys(EVENTS));
    for (const row of Object.values(TABLE)) {
      for (const event of Object.keys(row)) expect(known).toContain(event);
    }
    expect(CELLS).toHaveLength(17 * 46 * 2);
  });

  test.each(CELLS)("$phase, $event ($side)", ({ phase, event, polite }) => {
    const cell = reach(phase, polite);
    const before = cell.state;
    const make = EVENTS[event];
    if (!make) throw new Error("no event");
    cell.take(make);
    const expected = TABLE[phase][event] ?? "";
    const text = typeof expected === "string" ? expected : expected[polite ? 0 : 1];
    if (text === "") {
      expect(cell.effects).toEqual([]);
      expect(cell.state).toEqual(before);
    } else {
      const effects = cell.effects.map(named).join(", ");
      expect(effects ? `${cell.state.phase}: ${effects}` : cell.state.phase).toBe(text);
    }
  });

  test("changes no state in place", () => {
    for (const { phase, event, polite } of CELLS) {
      const frozen = deepFreeze(structuredClone(reach(phase, polite).state));
      const happens = EVENTS[event]?.(frozen);
      if (happens) expect(() => step(frozen, happens)).not.toThrow();
    }
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}

/** The messages among the effects. */
const sent = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));
const names = (effects: readonly Effect[]) => effects.map(named);

describe("an offer of ours", () => {
  test("is prepared, described, sent, answered", () => {
    const cell = new Cell(false, "idle").take(needed);
    expect(names(cell.done())).toEqual(["prepare"]);
    cell.take(result.prepared);
    expect(cell.done()).toEqual([{ type: "describe", op: 2, gatherMs: 30 }]);
    cell.take({ type: "described", op: 2, seq: 5, sdp: "sdp", candidates: [] });
    expect(cell.done()).toEqual([
      {
        type: "send",
        seq: 5,
        message: { kind: "offer", body: { pc: PC, sdp: "sdp", candidates: [] } },
      },
      { type: "repeatLater", seq: 5, ms: 1_000 },
    ]);
    cell.take(answer(), result.set);
    expect(names(cell.done())).toEqual(["set answer"]);
    expect(cell.state).toMatchObject({ phase: "idle", joint: true, offer: null, failures: 0 });
  });

  test("asks the other side for TURN if it should", () => {
    const cell = new Cell(false, "idle").take(needed, result.prepared, ({ op }) => ({
      type: "described",
      op,
      seq: 1,
      sdp: "sdp",
      candidates: [],
      relay: true,
    }));
    expect(sent(cell.done())).toMatchObject([{ kind: "offer", body: { relay: true } }]);
  });

  test("says where its slots for media are, parked or not", () => {
    const slots = ["0", "1", "2", "3"];
    const described = ({ op }: State): Event => {
      return { type: "described", op, seq: 1, sdp: "sdp", candidates: [], slots };
    };
    const cell = new Cell(false, "idle").take(needed, result.prepared, described);
    expect(sent(cell.effects)).toMatchObject([{ kind: "offer", body: { slots } }]);
    const parked = new Cell(false).take({ type: "park" }, described);
    expect(sent(parked.effects)).toMatchObject([{ kind: "offer", body: { slots } }]);
    const answering = new Cell(false).take(offer(), result.set, result.prepared, described);
    expect(sent(answering.effects)[0]?.body).not.toHaveProperty("slots");
  });

  test("says that it restarts ICE, if both sides know the pair", () => {
    const cell = joined(false).take(restart, result.prepared, result.described);
    expect(sent(cell.done())).toMatchObject([{ kind: "offer", body: { restart: true } }]);
    const first = new Cell(false, "idle").take(restart, result.prepared, result.described);
    expect(sent(first.done())[0]?.body).not.toHaveProperty("restart");
  });

  test("a restart that is asked for during another operation follows it", () => {
    const cell = joined(false).take(offer(), restart, result.set, result.prepared);
    cell.take(result.described);
    expect(names(cell.done()).slice(-3)).toEqual(["repeatLater", "restartIce", "prepare"]);
    expect(cell.state.phase).toBe("preparing");
  });

  test("what the browser needs during an operation follows it", () => {
    const cell = sentOffer(false, "up").take(needed);
    cell.take(answer(), result.set);
    expect(cell.state.phase).toBe("preparing");
    expect(cell.state.restarting).toBe(false);
  });

  test("a restart is not forgotten when more is needed", () => {
    const cell = sentOffer(false).take(restart);
    expect(cell.state.intention).toBe("rest"); // the offer that is out is sent again instead
    const taking = joined(false).take(offer(), restart, needed);
    expect(taking.state.intention).toBe("restart");
  });
});

describe("two offers that cross", () => {
  const offered = (polite: boolean) =>
    new Cell(polite, "idle").take(needed, result.prepared, result.described);

  test("the polite side takes back its own, explicitly, and takes theirs", () => {
    const cell = offered(true);
    cell.done();
    cell.take(offer(OTHER_PC));
    expect(cell.done()).toMatchObject([{ type: "rollback", side: "local" }]);
    cell.take(result.rolledBack);
    expect(cell.done()).toMatchObject([{ type: "set", kind: "offer", renamed: true }]);
    expect(cell.state.pc).toBe(OTHER_PC);
    cell.take(result.set, result.prepared, result.described);
    expect(sent(cell.done())).toMatchObject([{ kind: "answer", body: { pc: OTHER_PC } }]);
    expect(cell.state.phase).toBe("idle");
  });

  test("the impolite side sends its own again", () => {
    const cell = offered(false);
    const [first] = sent(cell.done());
    cell.take(offer(OTHER_PC));
    expect(sent(cell.done())).toEqual([first]);
    expect(cell.state).toMatchObject({ phase: "offered", pc: PC });
  });

  test("theirs comes while the polite side still describes: ours is never sent", () => {
    const cell = new Cell(true, "idle").take(needed, result.prepared, offer(OTHER_PC));
    cell.take(result.described, result.rolledBack);
    expect(sent(cell.done())).toEqual([]);
    expect(cell.state).toMatchObject({ phase: "taking", pc: OTHER_PC });
  });

  test("theirs comes while the impolite side still describes: ours goes out", () => {
    const cell = new Cell(false, "idle").take(needed, result.prepared, offer(OTHER_PC));
    cell.take(result.described);
    expect(cell.state).toMatchObject({ phase: "offered", next: null });
  });

  test("theirs comes while ours is only prepared: it is taken by either side", () => {
    for (const polite of [true, false]) {
      const cell = new Cell(polite, "idle").take(needed, offer());
      expect(cell.state.phase).toBe("taking");
    }
  });

  test("a restart that gave way follows theirs", () => {
    const cell = joined(true).take(restart, result.prepared, result.described, offer());
    cell.take(result.rolledBack, result.set, result.prepared, result.described);
    expect(cell.state).toMatchObject({ phase: "preparing", restarting: true });
  });

  test("an offer that gave way is left to the browser, which says if it is still needed", () => {
    const cell = sentOffer(true).take(offer());
    cell.take(result.rolledBack, result.set, result.prepared, result.described);
    expect(cell.state).toMatchObject({ phase: "idle", intention: "rest" });
  });

  test("of several offers of theirs the newest waits", () => {
    const cell = joined(true).take(offer(PC, { seq: 500_000 }));
    cell.take(offer(PC, { seq: 502_000 }), offer(PC, { seq: 501_000 }), result.set);
    expect(cell.state.theirs?.seq).toBe(502_000);
  });

  test("an offer that was overtaken gets no answer", () => {
    const cell = joined(true).take(offer(), result.set, result.prepared, offer());
    cell.done();
    cell.take(result.described);
    expect(sent(cell.done())).toEqual([]);
    expect(cell.state.phase).toBe("taking");
  });
});

describe("two first offers that cross, and ours has media", () => {
  const described = ({ op }: State): Event => {
    const sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";
    return { type: "described", op, seq: 50, sdp, candidates: [] };
  };

  test("the polite side leaves its own with its connection, and rolls nothing back", () => {
    const cell = new Cell(true, "idle").take(needed, result.prepared, described);
    cell.done();
    cell.take(offer(OTHER_PC));
    expect(names(cell.done())).toEqual([`new pair ${OTHER_PC}`, "set offer"]);
    cell.take(result.set, result.prepared, result.described);
    expect(cell.state).toMatchObject({ phase: "idle", pc: OTHER_PC, round: "complete" });
  });

  test("so it does when theirs has come while it described", () => {
    const cell = new Cell(true, "idle").take(needed, result.prepared, offer(OTHER_PC), described);
    expect(names(cell.effects).slice(-2)).toEqual([`new pair ${OTHER_PC}`, "set offer"]);
    expect(sent(cell.effects)).toEqual([]);
  });

  test("the impolite side sends its own again", () => {
    const cell = new Cell(false, "idle").take(needed, result.prepared, described);
    cell.done();
    expect(names(cell.take(offer(OTHER_PC)).done())).toEqual(["send offer"]);
  });
});

describe("the floor", () => {
  test("the polite side asks for it, and offers once it has it", () => {
    const cell = connected(true).take(needed);
    expect(sent(cell.effects)).toEqual([{ kind: "floor", body: { pc: PC, granted: false } }]);
    expect(cell.done().at(-1)).toMatchObject({ type: "wait", ms: 2_000 });
    cell.take(needed); // more of it is in the same offer
    expect(cell.done()).toEqual([]);
    cell.take(floor(true), result.prepared, result.described);
    expect(names(cell.done())).toEqual(["prepare", "describe", "send offer", "repeatLater"]);
  });

  test("the impolite side lets it, and offers nothing until that round is over", () => {
    const cell = connected(false).take(floor(false));
    expect(sent(cell.effects)).toEqual([{ kind: "floor", body: { pc: PC, granted: true } }]);
    expect(cell.done().at(-1)).toMatchObject({ type: "wait", ms: 3_000 });
    cell.take(needed);
    expect(cell.done()).toEqual([]);
    cell.take(offer(), result.set, result.prepared, result.described);
    expect(cell.state.phase).toBe("idle"); // the browser says if something is still needed
  });

  test("the impolite side asks nobody", () => {
    expect(names(connected(false).take(needed).effects)).toEqual(["prepare"]);
  });

  test("before the channel is up neither side offers again, and then it does", () => {
    expect(names(joined(false).take(needed).effects)).toEqual([]);
    expect(names(joined(false).take(needed, up).effects)).toEqual(["prepare"]);
    expect(names(joined(true).take(needed, up).effects)).toEqual(["ask for the floor", "wait"]);
  });

  test("an offer of the impolite side goes before what the polite one asks for", () => {
    const cell = connected(true).take(needed);
    cell.done();
    cell.take(offer(), result.set, result.prepared, result.described);
    expect(cell.state.phase).toBe("idle");
    expect(names(cell.take(needed).done()).slice(-2)).toEqual(["ask for the floor", "wait"]);
  });

  test("asked while its own offer is out, the impolite side says nothing: its offer is the answer", () => {
    const cell = sentOffer(false, "up");
    cell.done();
    cell.take(floor(false), answer(), result.set);
    expect(names(cell.done())).toEqual(["set answer"]);
    expect(cell.state.phase).toBe("idle");
  });

  test("asked while it takes the answer, it lets the other side offer after that", () => {
    const cell = sentOffer(false, "up").take(answer());
    cell.done();
    cell.take(floor(false), result.set);
    expect(names(cell.done())).toEqual(["grant the floor", "wait"]);
    const needs = sentOffer(false, "up").take(answer(), floor(false), needed, result.set);
    expect(needs.state.phase).toBe("preparing"); // its own offer goes first, and serves both
  });

  test("whoever has it and does not offer loses it", () => {
    const cell = connected(false).take(floor(false), waited);
    expect(cell.state.phase).toBe("idle");
    const needs = connected(false).take(floor(false), needed, waited);
    expect(needs.state.phase).toBe("preparing");
  });

  test("asked again, it is given again, and for as long", () => {
    const cell = connected(false).take(floor(false));
    const late = waited(cell.state);
    cell.done();
    cell.take(floor(false), late);
    expect(names(cell.done())).toEqual(["grant the floor", "wait"]);
    expect(cell.state.phase).toBe("granted");
  });

  test("without an answer the polite side offers all the same", () => {
    expect(names(connected(true).take(needed, waited).effects).at(-1)).toBe("prepare");
  });

  test("without a channel the polite side asks again when it is back", () => {
    const cell = connected(true).take(needed, { type: "down" }, waited);
    cell.done();
    expect(cell.state).toMatchObject({ phase: "idle", intention: "offer" });
    expect(names(cell.take(up).done())).toEqual(["ask for the floor", "wait"]);
  });

  test("a restart of ICE does not wait for it while the channel is down", () => {
    const cell = connected(false).take(floor(false), { type: "down" }, restart);
    expect(cell.state).toMatchObject({ phase: "preparing", restarting: true });
    const later = connected(false).take(floor(false), restart);
    expect(later.state).toMatchObject({ phase: "granted", intention: "restart" });
  });

  test("of another pair it is nobody's", () => {
    expect(connected(false).take(floor(false, OTHER_PC)).effects).toEqual([]);
    const asking = connected(true).take(needed, floor(true, OTHER_PC));
    expect(asking.state.phase).toBe("asking");
  });

  test("the polite side gives it to nobody, and takes none that it has not asked for", () => {
    for (const event of [floor(false), floor(true)]) {
      expect(connected(true).take(event).effects).toEqual([]);
    }
  });

  test("blocked or waiting, the impolite side is so again when nothing has come of it", () => {
    for (const phase of ["blocked", "waiting"] as const) {
      const cell = reach(phase, false);
      cell.state = { ...cell.state, up: true };
      cell.take(floor(false));
      expect(cell.state.phase).toBe("granted");
      expect(cell.take(waited).state.phase).toBe(phase);
    }
  });
});

describe("a description that the browser refuses", () => {
  test("their offer: they are told, and we offer in their place", () => {
    const cell = joined(false).take(offer(PC, { seq: 900_000 }));
    cell.done();
    cell.take(result.failed);
    expect(sent(cell.done())).toEqual([{ kind: "restart", body: { pc: PC, refused: 900_000 } }]);
    expect(cell.state).toMatchObject({ phase: "preparing", theirs: null, failures: 1 });
    expect(cell.state.restarting).toBe(true);
  });

  test("their offer, while a newer one of theirs waits: that one is taken", () => {
    const cell = joined(false).take(offer(), offer(PC, { seq: 900_000 }), result.failed);
    expect(cell.state).toMatchObject({ phase: "taking", failures: 1 });
    expect(cell.state.theirs?.seq).toBe(900_000);
  });

  test("their offer: they are told again when it comes again, for the news may be lost", () => {
    const cell = joined(false).take(offer(PC, { seq: 900_000 }), result.failed);
    cell.done();
    cell.take(offer(PC, { seq: 900_000 }));
    expect(sent(cell.done())).toEqual([{ kind: "restart", body: { pc: PC, refused: 900_000 } }]);
  });

  test("the answer to it: it is rolled back first", () => {
    const cell = joined(false).take(offer(), result.set, result.prepared);
    cell.done();
    cell.take(result.failed);
    expect(cell.done()).toMatchObject([{ type: "rollback", side: "remote" }]);
    cell.take(result.rolledBack);
    expect(names(cell.done())).toEqual(["send refused", "restartIce", "prepare"]);
    expect(cell.state.phase).toBe("preparing");
  });

  describe("their answer", () => {
    /** They have set it, and are ahead of us. */
    const refused = (cell: Cell) =>
      cell.take(restart, result.prepared, result.described, answer(PC, 900_000), result.failed);

    test("ours is rolled back, they are told, and it is their turn to offer", () => {
      const cell = joined(false);
      refused(cell);
      expect(sent(cell.done()).at(-1)).toEqual({
        kind: "restart",
        body: { pc: PC, refused: 900_000 },
      });
      cell.take(result.rolledBack);
      expect(cell.state).toMatchObject({ phase: "waiting", failures: 1 });
    });

    test("an offer of ours would not fit, so what the browser needs has to wait", () => {
      const cell = joined(false);
      refused(cell).take(needed, result.rolledBack, needed);
      expect(cell.state.phase).toBe("waiting");
      cell.take(offer(PC, { restart: true, seq: 900_001 }), result.set, result.prepared);
      cell.take(result.described);
      expect(cell.state).toMatchObject({ phase: "idle", failures: 0 });
    });

    test("they are told again in the channel, for the news may be lost", () => {
      const cell = joined(false);
      refused(cell).take(result.rolledBack);
      cell.done();
      cell.take({ type: "up" });
      expect(sent(cell.done())).toEqual([{ kind: "restart", body: { pc: PC, refused: 900_000 } }]);
      cell.take(offer(PC, { restart: true, seq: 900_001 }), { type: "down" }, { type: "up" });
      expect(sent(cell.done())).toEqual([]);
    });

    test("they are told again when it comes again", () => {
      const cell = joined(false);
      refused(cell).take(result.rolledBack);
      cell.done();
      cell.take(answer(PC, 900_000));
      expect(names(cell.done())).toEqual(["send refused"]);
    });

    test("their offer may come before the rollback has ended", () => {
      const cell = joined(false);
      refused(cell).take(offer(PC, { seq: 900_001 }), result.rolledBack);
      expect(cell.state.phase).toBe("taking");
    });

    test("the third time, only a new pair can help", () => {
      const cell = joined(false);
      for (let round = 0; round < 2; round += 1) {
        cell.take(offer(PC, { seq: 800_000 + round }), result.failed);
      }
      refused(cell);
      expect(cell.state).toMatchObject({ phase: "idle", pc: FRESH, failures: 3 });
    });

    test("when they do not offer, a restart does", () => {
      const cell = joined(false);
      refused(cell).take(result.rolledBack, restart);
      expect(cell.state).toMatchObject({ phase: "preparing", pc: PC, restarting: true });
    });
  });

  test("our own offer: it is made again", () => {
    const cell = new Cell(false, "idle").take(needed, result.prepared);
    cell.done();
    cell.take(result.failed);
    expect(names(cell.done())).toEqual(["prepare"]);
  });

  test("our own offer, while theirs waits: theirs is taken", () => {
    const cell = new Cell(false, "idle").take(needed, result.prepared, offer(), result.failed);
    expect(cell.state).toMatchObject({ phase: "taking", failures: 0 });
  });

  test("our offer, by them: it is rolled back, and they offer in our place", () => {
    const cell = sentOffer(false);
    cell.take(asked(PC, { refused: cell.state.offer?.seq ?? -1 }), needed, result.rolledBack);
    expect(cell.state).toMatchObject({ phase: "waiting", failures: 1 });
    cell.take(offer(PC, { restart: true }), result.set, result.prepared, result.described);
    expect(cell.state).toMatchObject({ phase: "idle", failures: 0 });
  });

  test("our offer, by them: the same news again changes nothing", () => {
    const cell = sentOffer(false);
    const refused = asked(PC, { refused: cell.state.offer?.seq ?? -1 });
    cell.take(refused, result.rolledBack);
    const before = cell.state;
    cell.take(refused);
    expect(cell.state).toEqual(before);
  });

  test("the polite side obeys such news too", () => {
    const cell = sentOffer(true);
    cell.take(asked(PC, { refused: cell.state.offer?.seq ?? -1 }));
    expect(cell.state.phase).toBe("retracting");
  });

  test("our answer, by them: we offer in their place", () => {
    const cell = joined(false);
    cell.take(asked(PC, { refused: cell.state.answer?.seq ?? -1 }));
    expect(cell.state).toMatchObject({ phase: "preparing", restarting: true });
  });

  test("a parked offer, by whoever took it: we offer", () => {
    const cell = new Cell(true).take(asked("parked", { refused: 3 }));
    expect(cell.state.phase).toBe("preparing");
  });

  test("a rollback: only a new pair can help", () => {
    const cell = sentOffer(true).take(offer());
    cell.done();
    cell.take(result.failed);
    expect(cell.done()).toEqual([{ type: "replace", pc: FRESH }]);
    expect(cell.state).toMatchObject({ phase: "idle", pc: FRESH, joint: false });
  });
});

describe("how often it is tried", () => {
  /** An offer of theirs is refused here, and our own offer in its place is refused there. */
  function refuseBoth(cell: Cell): void {
    cell.take(offer(cell.state.pc), result.failed);
    if (cell.state.phase === "preparing") cell.take(result.prepared, result.described);
  }

  const pairs = (cell: Cell) =>
    names(cell.effects).filter((name) => name.startsWith("new pair")).length;
  const reports = (cell: Cell) =>
    names(cell.effects).filter((name) => name === "negotiation_failed").length;

  test("twice in place, then with a new pair, then no more, with an error", () => {
    const cell = joined(false);
    const phases: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      cell.take(offer(cell.state.pc), result.failed);
      phases.push(`${cell.state.phase} ${cell.state.pc}`);
    }
    expect(phases).toEqual([
      `preparing ${PC}`,
      `preparing ${PC}`,
      `idle ${FRESH}`,
      `blocked ${FRESH}`,
    ]);
    expect(reports(cell)).toBe(1);
  });

  test("each side offers in turn, and both count the same", () => {
    const cell = joined(false);
    refuseBoth(cell);
    cell.take(asked(PC, { refused: cell.state.offer?.seq ?? -1 }), result.rolledBack);
    expect(cell.state).toMatchObject({ phase: "waiting", failures: 2, pc: PC });
    refuseBoth(cell);
    expect(cell.state).toMatchObject({ phase: "idle", failures: 3, pc: FRESH });
    expect(pairs(cell)).toBe(1);
  });

  test("whoever waits is not the one to make a new pair", () => {
    const cell = joined(false);
    for (let round = 0; round < 3; round += 1) {
      cell.take(needed, restart, result.prepared, result.described);
      cell.take(asked(PC, { refused: cell.state.offer?.seq ?? -1 }), result.rolledBack);
    }
    expect(cell.state).toMatchObject({ phase: "waiting", failures: 2, pc: PC });
  });

  test("on the new pair, a refusal by them is the end as well", () => {
    const cell = joined(false);
    for (let round = 0; round < 3; round += 1) cell.take(offer(cell.state.pc), result.failed);
    cell.take(needed, result.prepared, result.described);
    cell.take(asked(FRESH, { refused: cell.state.offer?.seq ?? -1 }), result.rolledBack);
    expect(cell.state.phase).toBe("blocked");
    expect(reports(cell)).toBe(1);
  });

  test("on the new pair, an answer that is refused is the end as well", () => {
    const cell = joined(false);
    for (let round = 0; round < 3; round += 1) cell.take(offer(cell.state.pc), result.failed);
    cell.take(needed, result.prepared, result.described, answer(FRESH), result.failed);
    cell.take(result.rolledBack);
    expect(cell.state.phase).toBe("blocked");
  });

  test("an offer that cannot even be described ends alike", () => {
    const cell = new Cell(false, "idle");
    for (let round = 0; round < 4; round += 1) {
      if (cell.state.phase === "idle") cell.take(needed);
      cell.take(result.prepared, result.failed);
    }
    expect(cell.state.phase).toBe("blocked");
    expect([pairs(cell), reports(cell)]).toEqual([1, 1]);
  });

  test("a complete round starts the count anew", () => {
    const cell = joined(false).take(offer(), result.failed);
    expect(cell.state.failures).toBe(1);
    cell.take(result.prepared, result.described, answer(), result.set);
    expect(cell.state.failures).toBe(0);
    cell.take(offer(), result.failed, offer(), result.set, result.prepared, result.described);
    expect(cell.state.failures).toBe(0);
  });

  test("blocked, it does not offer by itself, so that nothing goes in circles", () => {
    const cell = reach("blocked", false);
    cell.take(needed, needed);
    expect(cell.effects).toEqual([]);
  });

  test("blocked, an offer of theirs ends it", () => {
    const cell = reach("blocked", false);
    cell.take(offer(), result.set, result.prepared, result.described);
    expect(cell.state.phase).toBe("idle");
  });

  test("blocked while it is up, a restart keeps the connection", () => {
    const cell = joined(false).take({ type: "up" }, needed, result.prepared, result.described);
    cell.take((s) => ({ type: "tooLarge", seq: s.offer?.seq ?? -1 }), result.rolledBack);
    cell.done();
    cell.take(restart);
    expect(names(cell.done())).toEqual(["restartIce", "prepare"]);
  });

  test("when not even a new pair can be rolled back, it is broken, with an error", () => {
    const cell = joined(true);
    for (let round = 0; round < 2; round += 1) {
      cell.take(offer(cell.state.pc), result.set, result.prepared, result.failed, result.failed);
    }
    expect(cell.state.phase).toBe("broken");
    expect(names(cell.done())).toContain("negotiation_failed");
  });
});

describe("a connection whose first offer was rolled back", () => {
  // Chromium leaves the data channel out of every later offer of such a connection.
  const yielded = () =>
    new Cell(true, "idle").take(needed, result.prepared, result.described, offer(OTHER_PC));

  test("can answer", () => {
    const cell = yielded().take(result.rolledBack, result.set, result.prepared, result.described);
    expect(cell.state).toMatchObject({ phase: "idle", round: "complete" });
  });

  test("is replaced when our browser refuses theirs, for we have to offer", () => {
    const cell = yielded().take(result.rolledBack, result.failed);
    expect(names(cell.done()).slice(-2)).toEqual(["send refused", `new pair ${FRESH}`]);
    expect(cell.state).toMatchObject({ phase: "idle", round: "none" });
  });

  /** Our first offer was refused by them. */
  const takenBack = () => {
    const cell = new Cell(true, "idle").take(needed, result.prepared, result.described);
    return cell.take(asked(PC, { refused: cell.state.offer?.seq ?? -1 }), result.rolledBack);
  };

  test("makes no offer while nothing is complete, whatever the browser needs", () => {
    const cell = takenBack();
    expect(cell.state).toMatchObject({ phase: "waiting", round: "spoiled" });
    cell.done();
    cell.take(needed);
    expect(cell.done()).toEqual([]);
  });

  test("is replaced when an offer has to be made", () => {
    for (const event of [restart, asked(OTHER_PC, { refused: 1 }), answer("withdrawn")]) {
      const cell = takenBack().take(event);
      expect(cell.state).toMatchObject({ phase: "idle", pc: FRESH, round: "none" });
    }
  });

  test("offers again once a round is complete", () => {
    const cell = yielded().take(result.rolledBack, result.set, result.prepared, result.described);
    cell.take(up, needed, floor(true, OTHER_PC), result.prepared, result.described);
    expect(cell.state).toMatchObject({ phase: "offered", pc: OTHER_PC });
  });

  test("a rollback after a complete round spoils nothing", () => {
    const cell = sentOffer(true).take(offer());
    cell.take(result.rolledBack, result.failed);
    expect(cell.state).toMatchObject({ phase: "preparing", pc: PC, round: "complete" });
  });
});

describe("a description that is too large to be sent", () => {
  const tooLarge = (s: State): Event => ({ type: "tooLarge", seq: s.offer?.seq ?? -1 });

  test("an offer is rolled back, with an error", () => {
    const cell = sentOffer(false);
    cell.done();
    cell.take(tooLarge);
    expect(names(cell.done())).toEqual(["too_large", "roll back local"]);
    cell.take(result.rolledBack, needed);
    expect(cell.done()).toEqual([]);
    expect(cell.state.phase).toBe("blocked");
  });

  test("it is offered again when the channel is up, which carries more", () => {
    const cell = sentOffer(false).take(tooLarge);
    cell.take(result.rolledBack, { type: "up" });
    expect(cell.state.phase).toBe("preparing");
  });

  test("an answer: they are told, for they wait for it", () => {
    const cell = joined(false);
    const to = cell.state.answer?.to;
    cell.take((s) => ({ type: "tooLarge", seq: s.answer?.seq ?? -1 }));
    expect(names(cell.effects)).toEqual(["too_large", "send refused"]);
    expect(sent(cell.effects)[0]?.body).toEqual({ pc: PC, refused: to });
    expect(cell.state.answer).toBeNull();
  });
});

describe("messages that are lost", () => {
  const due = (seq: number): Event => ({ type: "repeatDue", seq });

  test("an offer goes again after 1, 2 and 4 s with its seq, and then no more", () => {
    const cell = new Cell(false, "idle").take(needed, result.prepared, result.described);
    const seq = cell.state.offer?.seq ?? -1;
    const [first] = sent(cell.effects);
    expect(cell.done().at(-1)).toEqual({ type: "repeatLater", seq, ms: 1_000 });
    cell.take(due(seq));
    expect(cell.done()).toEqual([
      { type: "send", seq, message: first },
      { type: "repeatLater", seq, ms: 2_000 },
    ]);
    cell.take(due(seq));
    expect(cell.done().at(-1)).toEqual({ type: "repeatLater", seq, ms: 4_000 });
    cell.take(due(seq));
    expect(cell.done()).toEqual([{ type: "send", seq, message: first }]);
  });

  test("an offer does not go again once it is answered", () => {
    const cell = new Cell(false, "idle").take(needed, result.prepared, result.described);
    const seq = cell.state.offer?.seq ?? -1;
    cell.take(answer());
    cell.done();
    cell.take(due(seq));
    expect(cell.effects).toEqual([]);
  });

  test("an answer goes again until the connection is up", () => {
    const cell = joined(true);
    const seq = cell.state.answer?.seq ?? -1;
    cell.take(due(seq));
    expect(names(cell.done())).toEqual(["send answer", "repeatLater"]);
    cell.take({ type: "up" }, due(seq));
    expect(cell.done()).toEqual([]);
  });

  test("candidates go again until the connection is up", () => {
    const cell = joined(true).take({ type: "gathered", seq: 7, candidates: [] }, due(7));
    expect(names(cell.done())).toEqual([
      "send candidates",
      "repeatLater",
      "send candidates",
      "repeatLater",
    ]);
    cell.take({ type: "up" }, due(7));
    expect(cell.done()).toEqual([]);
  });

  test("in the channel nothing but an offer goes again", () => {
    const cell = joined(true).take({ type: "up" }, offer(), result.set, result.prepared);
    cell.take(result.described, { type: "gathered", seq: 7, candidates: [] });
    expect(names(cell.done())).not.toContain("repeatLater");
  });

  test("an offer that is answered by silence goes again in the channel when it is up", () => {
    const cell = sentOffer(true);
    cell.done();
    cell.take({ type: "up" });
    expect(names(cell.done())).toEqual(["send offer"]);
  });

  test("when they can hear again, everything without effect goes again at once", () => {
    const cell = joined(true).take({ type: "gathered", seq: 7, candidates: [] });
    cell.take(restart, result.prepared, result.described);
    cell.done();
    cell.take({ type: "heard" });
    expect(names(cell.done())).toEqual(["send offer", "send answer", "send candidates"]);
  });

  test("when they can hear again and the channel is up, nothing goes again", () => {
    const cell = joined(true).take({ type: "up" }, { type: "heard" });
    expect(cell.effects).toEqual([]);
  });

  test("their offer again gets our answer again", () => {
    const cell = joined(true);
    const to = cell.state.answer?.to ?? -1;
    cell.take(offer(PC, { seq: to }));
    expect(names(cell.done())).toEqual(["send answer"]);
  });

  test("an offer whose answer went with its pair: they have to offer again", () => {
    const cell = joined(true);
    const seq = cell.state.newest;
    cell.take({ type: "replace", fresh: FRESH });
    cell.done();
    cell.take(offer(PC, { seq }));
    expect(sent(cell.done())).toEqual([{ kind: "restart", body: { pc: PC, refused: seq } }]);
  });
});

describe("the order of descriptions", () => {
  test("an older offer is out of date", () => {
    const cell = joined(true).take(offer(PC, { seq: 900_000 }), result.set, result.prepared);
    cell.take(result.described);
    cell.done();
    cell.take(offer(PC, { seq: 899_000 }));
    expect(cell.effects).toEqual([]);
  });

  test("an older answer is out of date", () => {
    const cell = joined(true).take(offer(PC, { seq: 900_000 }), result.set, result.prepared);
    cell.take(result.described, restart, result.prepared, result.described, answer(PC, 899_000));
    expect(cell.state.phase).toBe("offered");
    cell.take(answer(PC, 901_000));
    expect(cell.state.phase).toBe("accepting");
  });

  test("the same answer twice is taken once", () => {
    const cell = sentOffer(true);
    cell.take(answer(PC, 950_000), answer(PC, 950_000), result.set, answer(PC, 950_000));
    expect(names(cell.done()).filter((name) => name === "set answer")).toHaveLength(1);
  });

  test("an answer of another pair is not taken", () => {
    const cell = sentOffer(true).take(answer(OTHER_PC));
    expect(cell.state.phase).toBe("offered");
  });

  test("an answer of a pair that we never had gets a new pair, unless we are connected", () => {
    const cell = new Cell(true).take(offer(), result.set, result.prepared, result.described);
    expect(names(cell.take(answer(OTHER_PC)).effects).at(-1)).toBe(`new pair ${FRESH}`);
    const up = new Cell(true).take(offer(), result.set, result.prepared, result.described);
    expect(up.take({ type: "up" }, answer(OTHER_PC)).state.pc).toBe(PC);
    const late = new Cell(true).take(offer(), result.set, result.prepared, result.described);
    expect(late.take(answer(OTHER_PC, 1)).state.pc).toBe(PC);
  });

  test("the result of an operation that was given up is too late", () => {
    const cell = preparing(true);
    const late: Event = { type: "prepared", op: cell.state.op };
    cell.take(offer(), late);
    expect(cell.state.phase).toBe("taking");
  });
});

describe("candidates of theirs", () => {
  const held = (cell: Cell) => cell.state.early.map(({ pc, candidates: all }) => [pc, all.length]);

  test("that come before their offer wait for it", () => {
    const cell = new Cell(true).take(candidates(OTHER_PC), candidates(OTHER_PC));
    expect(held(cell)).toEqual([[OTHER_PC, 2]]);
    cell.take(offer(OTHER_PC));
    expect(cell.effects).toMatchObject([{ type: "set", candidates: [{}, {}] }]);
    expect(held(cell)).toEqual([]);
  });

  test("that come before their answer wait for it", () => {
    const cell = new Cell(true, "idle").take(needed, result.prepared, result.described);
    cell.take(candidates(), answer());
    expect(cell.done().at(-1)).toMatchObject({ type: "set", kind: "answer", candidates: [{}] });
  });

  test("of another pair are not given to this one", () => {
    const cell = joined(true).take(candidates(OTHER_PC));
    expect(cell.effects).toEqual([]);
  });

  test("are kept of at most four pairs, and 64 of each", () => {
    const cell = new Cell(true);
    const many = [...Array(65)].map((_, n) => ({ candidate: `${n}` }));
    for (const pc of ["1", "2", "3", "4", "5"]) {
      cell.take({ type: "candidates", body: { pc, candidates: many } });
    }
    expect(held(cell)).toEqual([
      ["2", 64],
      ["3", 64],
      ["4", 64],
      ["5", 64],
    ]);
  });

  test("that wait for another pair survive a new pair", () => {
    const cell = joined(true).take(candidates(OTHER_PC), { type: "broke" }, offer(OTHER_PC));
    expect(cell.done().at(-1)).toMatchObject({ type: "set", candidates: [{}] });
  });
});

describe("a parked offer", () => {
  test("is described with all its candidates, and sent once", () => {
    const cell = new Cell(true).take({ type: "park" });
    expect(cell.done()).toEqual([{ type: "describe", op: 1, gatherMs: 2_000 }]);
    cell.take(result.described);
    expect(names(cell.done())).toEqual(["send offer"]);
    expect(cell.state.phase).toBe("parked");
  });

  test("is claimed by its answer: its connection is adopted", () => {
    const cell = new Cell(false).take({ type: "claim", pc: "parked", answerSeq: 9 });
    expect(cell.done()).toEqual([{ type: "adopt" }]);
    cell.take(answer("parked", 9), result.set);
    expect(cell.state).toMatchObject({ phase: "idle", pc: "parked", joint: true });
  });

  test("is claimed too late: the connection that is there stays", () => {
    const cell = joined(false);
    cell.take({ type: "claim", pc: "parked", answerSeq: cell.state.newest });
    expect(cell.done()).toEqual([{ type: "release" }]);
    expect(cell.state.pc).toBe(PC);
  });

  test("is taken like any other, by whoever waits for it", () => {
    const cell = new Cell(false).take(offer("parked"), result.set, result.prepared);
    cell.take(result.described);
    expect(sent(cell.done())).toMatchObject([{ kind: "answer", body: { pc: "parked" } }]);
  });

  test("was withdrawn: whoever answers it gets an offer", () => {
    const cell = new Cell(false).take(answer("withdrawn"), result.prepared, result.described);
    expect(cell.state).toMatchObject({ phase: "offered", pc: PC });
  });
});

describe("another pair", () => {
  test("their new connection replaces ours", () => {
    const cell = joined(false).take(offer(OTHER_PC));
    expect(cell.done()).toMatchObject([
      { type: "replace", pc: OTHER_PC },
      { type: "set", kind: "offer", renamed: false },
    ]);
  });

  test("their restart of what we do not have gets a new pair from us", () => {
    const cell = joined(false).take(offer(OTHER_PC, { restart: true }));
    expect(cell.done()).toEqual([{ type: "replace", pc: FRESH }]);
    cell.take(needed, result.prepared, result.described);
    expect(sent(cell.done())).toMatchObject([{ kind: "offer", body: { pc: FRESH } }]);
  });

  test("their restart of what we do not have is no reason for a second new pair", () => {
    const cell = joined(false).take(offer(OTHER_PC, { restart: true }));
    cell.take(needed, result.prepared, result.described, offer(OTHER_PC, { restart: true }));
    expect(names(cell.done()).filter((name) => name.startsWith("new pair"))).toHaveLength(1);
    expect(cell.state).toMatchObject({ phase: "offered", pc: FRESH });
  });

  test("an offer that names the pair which we have just left is not taken", () => {
    const cell = joined(true).take({ type: "replace", fresh: FRESH }, needed);
    cell.take(result.prepared, result.described, offer(PC));
    expect(cell.state).toMatchObject({ phase: "offered", pc: FRESH });
  });

  test("an offer for a pair that is broken here gets a new pair", () => {
    const cell = joined(true).take({ type: "broke" }, offer(PC));
    expect(cell.state).toMatchObject({ phase: "idle", pc: FRESH });
  });

  test("what was heard counts for the new pair too", () => {
    const cell = joined(true).take(offer(PC, { seq: 900_000 }), { type: "replace", fresh: FRESH });
    expect(cell.state.newest).toBe(900_000);
    cell.take(offer(OTHER_PC, { seq: 850_000 }));
    expect(cell.state.phase).toBe("idle");
  });

  test("results of the old pair are too late", () => {
    const cell = joined(true).take(offer());
    const late: Event = { type: "set", op: cell.state.op };
    cell.take({ type: "replace", fresh: FRESH }, late);
    expect(cell.state.phase).toBe("idle");
  });
});

describe("being asked for a restart", () => {
  test("only the impolite side starts one", () => {
    expect(joined(false).take(asked()).state.phase).toBe("preparing");
    expect(joined(true).take(asked()).state.phase).toBe("idle");
  });

  test("about another pair: a new pair, if ours has not been connected for a while", () => {
    const recent = joined(false).take(asked(OTHER_PC));
    expect(recent.effects).toEqual([]);
    const stale = joined(false).take(asked(OTHER_PC, { stale: true }));
    expect(stale.effects).toEqual([{ type: "replace", pc: FRESH }]);
    const up = joined(false).take({ type: "up" }, asked(OTHER_PC, { stale: true }));
    expect(up.effects).toEqual([]);
  });

  test("while our offer is out: it goes again", () => {
    const cell = sentOffer(false);
    cell.done();
    cell.take(asked());
    expect(names(cell.done())).toEqual(["send offer"]);
  });
});

describe("the end", () => {
  test("closed, nothing happens any more", () => {
    const cell = joined(true).take({ type: "close" });
    expect(cell.done()).toEqual([{ type: "close" }]);
    for (const make of Object.values(EVENTS)) cell.take(make);
    expect(cell.effects).toEqual([]);
  });

  test("broken, it keeps what it knows of the pair and offers a new one when told to", () => {
    const cell = joined(false).take({ type: "broke" });
    expect(cell.state).toMatchObject({ phase: "broken", pc: PC, joint: true, up: false });
    cell.take(restart);
    expect(cell.state).toMatchObject({ phase: "idle", pc: FRESH });
  });
});

test("a new state says what it is given, and nothing else", () => {
  const state = initial({ pc: "x", polite: true, phase: "waiting" });
  expect(state).toMatchObject({ pc: "x", polite: true, phase: "waiting", joint: false, up: false });
  expect(state).toMatchObject({ newest: -1, failures: 0, offer: null, answer: null, early: [] });
});
