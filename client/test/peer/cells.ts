/** Every phase of the negotiation, reached by real events, and every event that can follow. */
import { initial, step } from "../../src/peer/negotiation.js";
import type { Effect, Event, Phase, State } from "../../src/peer/negotiation-types.js";

export const PC = "pair";
export const OTHER_PC = "other";
export const FRESH = "fresh";

/** A machine that collects what it did. */
export class Cell {
  state: State;
  effects: Effect[] = [];

  constructor(polite: boolean, phase: "idle" | "waiting" = "waiting") {
    this.state = initial({ pc: PC, polite, phase });
  }

  take(...events: readonly (Event | ((state: State) => Event))[]): this {
    for (const each of events) {
      const event = typeof each === "function" ? each(this.state) : each;
      const [state, effects] = step(this.state, event);
      this.state = state;
      this.effects = [...this.effects, ...effects];
    }
    return this;
  }

  /** What it did since the last time. */
  done(): Effect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }
}

let seq = 100;
const draw = () => seq++;

/** Results of the operation under way. */
export const result = {
  prepared: ({ op }: State): Event => ({ type: "prepared", op }),
  described: ({ op }: State): Event => ({
    type: "described",
    op,
    seq: draw(),
    sdp: "ours",
    candidates: [{ candidate: "ours" }],
  }),
  set: ({ op }: State): Event => ({ type: "set", op }),
  rolledBack: ({ op }: State): Event => ({ type: "rolledBack", op, fresh: FRESH }),
  failed: ({ op }: State): Event => ({ type: "failed", op, fresh: FRESH }),
};

export const offer = (pc = PC, more: { restart?: boolean; seq?: number } = {}): Event => {
  const { restart, seq: given } = more;
  const body = { pc, sdp: "theirs", ...(restart ? { restart } : {}) };
  return { type: "offer", seq: given ?? draw(), body, fresh: FRESH };
};

export const answer = (pc = PC, given?: number): Event => ({
  type: "answer",
  seq: given ?? draw(),
  body: { pc, sdp: "their answer" },
  fresh: FRESH,
});

export const candidates = (pc = PC): Event => ({
  type: "candidates",
  body: { pc, candidates: [{ candidate: "theirs" }] },
});

export const asked = (pc = PC, more: { refused?: number; stale?: boolean } = {}): Event => {
  const { refused, stale = false } = more;
  const event = { type: "asked", pc, stale, fresh: FRESH } as const;
  return refused === undefined ? event : { ...event, refused };
};

export const restart: Event = { type: "restart", fresh: FRESH };
export const needed: Event = { type: "needed" };

export const up: Event = { type: "up" };
export const floor = (granted: boolean, pc = PC): Event => ({ type: "floor", pc, granted });
export const waited = ({ op }: State): Event => ({ type: "waited", op });

/** One complete round: their offer, our answer. Now both call the pair `PC`. */
export function joined(polite: boolean): Cell {
  const cell = new Cell(polite);
  cell.take(offer(), result.set, result.prepared, result.described);
  cell.done();
  return cell;
}

/** … and the channel is open. */
export function connected(polite: boolean): Cell {
  const cell = joined(polite).take(up);
  cell.done();
  return cell;
}

/** An offer is prepared. The polite side has asked for the floor. The channel may go meanwhile. */
export function preparing(polite: boolean, channel: "up" | "down" = "down"): Cell {
  const cell = connected(polite).take(needed);
  if (polite) cell.take(floor(true));
  cell.take({ type: channel });
  cell.done();
  return cell;
}

/** … and was sent. */
export const sentOffer = (polite: boolean, channel: "up" | "down" = "down"): Cell =>
  preparing(polite, channel).take(result.prepared, result.described);

/** The way to each phase, from a pair that both sides know (but for the first phases). */
const WAYS: Readonly<Record<Phase, (polite: boolean) => Cell>> = {
  waiting: (polite) => new Cell(polite),
  idle: joined,
  blocked: (polite) =>
    sentOffer(polite).take(
      (s) => ({ type: "tooLarge", seq: s.offer?.seq ?? -1 }),
      result.rolledBack,
    ),
  asking: () => connected(true).take(needed),
  granted: () => connected(false).take(floor(false)),
  preparing: (polite) => preparing(polite),
  offering: (polite) => preparing(polite).take(result.prepared),
  parking: (polite) => new Cell(polite).take({ type: "park" }),
  parked: (polite) => new Cell(polite).take({ type: "park" }, result.described),
  offered: (polite) => sentOffer(polite),
  accepting: (polite) => sentOffer(polite).take(answer()),
  retracting: (polite) => sentOffer(polite).take((s) => asked(PC, { refused: s.offer?.seq ?? -1 })),
  taking: (polite) => joined(polite).take(offer()),
  preparingAnswer: (polite) => joined(polite).take(offer(), result.set),
  answering: (polite) => joined(polite).take(offer(), result.set, result.prepared),
  rejecting: (polite) => joined(polite).take(offer(), result.set, result.prepared, result.failed),
  broken: (polite) => joined(polite).take({ type: "broke" }),
  closed: (polite) => joined(polite).take({ type: "close" }),
};

export const PHASES = Object.keys(WAYS) as Phase[];

/** The sides that can be in a phase: only the polite one asks, and only the other one grants. */
export const SIDES = (phase: Phase): readonly boolean[] =>
  phase === "asking" ? [true] : phase === "granted" ? [false] : [true, false];

export function reach(phase: Phase, polite: boolean): Cell {
  const cell = WAYS[phase](polite);
  if (cell.state.phase !== phase) throw new Error(`${cell.state.phase} instead of ${phase}`);
  cell.done();
  return cell;
}

/** Everything that can happen, by the name it has in the table of the tests. */
export const EVENTS: Readonly<Record<string, (state: State) => Event>> = {
  needed: () => needed,
  prepared: result.prepared,
  described: result.described,
  set: result.set,
  rolledBack: result.rolledBack,
  failed: result.failed,
  "a late result": ({ op }) => ({ type: "failed", op: op - 1, fresh: FRESH }),
  gathered: () => ({ type: "gathered", seq: draw(), candidates: [{ candidate: "ours" }] }),
  "our offer is too large": ({ offer: ours }) => ({ type: "tooLarge", seq: ours?.seq ?? -1 }),
  "our answer is too large": ({ answer: ours }) => ({ type: "tooLarge", seq: ours?.seq ?? -1 }),
  "an offer was not settled": ({ offer: ours }) => ({ type: "repeatDue", seq: ours?.seq ?? -1 }),
  "an answer was not settled": ({ answer: ours }) => ({
    type: "repeatDue",
    seq: ours?.seq ?? -1,
  }),
  up: () => ({ type: "up" }),
  down: () => ({ type: "down" }),
  broke: () => ({ type: "broke" }),
  offer: () => offer(),
  "offer of another pair": () => offer(OTHER_PC),
  "restart of another pair": () => offer(OTHER_PC, { restart: true }),
  "offer once more": ({ answer: ours, newest }) =>
    offer(PC, { seq: ours?.to ?? Math.max(2, newest) }),
  "offer out of date": () => offer(PC, { seq: 1 }),
  answer: () => answer(),
  "answer of another pair": () => answer(OTHER_PC),
  "answer out of date": () => answer(PC, 1),
  candidates: () => candidates(),
  "candidates of another pair": () => candidates(OTHER_PC),
  asked: () => asked(),
  "asked about another pair": () => asked(OTHER_PC),
  "asked about another pair, long not connected": () => asked(OTHER_PC, { stale: true }),
  "our offer was refused": ({ offer: ours }) => asked(PC, { refused: ours?.seq ?? -1 }),
  "our answer was refused": ({ answer: ours }) => asked(PC, { refused: ours?.seq ?? -1 }),
  "something unknown was refused": () => asked(PC, { refused: 7 }),
  heard: () => ({ type: "heard" }),
  "floor asked": () => floor(false),
  "floor granted": () => floor(true),
  "floor asked for another pair": () => floor(false, OTHER_PC),
  "floor granted for another pair": () => floor(true, OTHER_PC),
  waited,
  park: () => ({ type: "park" }),
  claim: () => ({ type: "claim", pc: OTHER_PC, answerSeq: draw() }),
  "claim out of date": () => ({ type: "claim", pc: OTHER_PC, answerSeq: -1 }),
  pair: () => {
    const body = { pc: OTHER_PC, sdp: "an offer as an answer" };
    const ours = { seq: draw(), message: { kind: "answer", body } } as const;
    return { type: "pair", ours, theirs: { seq: draw(), body }, isTold: false };
  },
  restart: () => restart,
  "restart with other ICE servers": () => ({ ...restart, anew: true }),
  ask: () => ({ type: "ask", seq: draw() }),
  replace: () => ({ type: "replace", fresh: FRESH }),
  close: () => ({ type: "close" }),
};

/** An effect in a word or two. */
export function named(effect: Effect): string {
  switch (effect.type) {
    case "send": {
      const { kind, body } = effect.message;
      if (kind === "floor") return body.granted ? "grant the floor" : "ask for the floor";
      return kind === "restart" && body.refused !== undefined ? "send refused" : `send ${kind}`;
    }
    case "set":
      return `set ${effect.kind}`;
    case "rollback":
      return `roll back ${effect.side}`;
    case "replace":
      return `new pair ${effect.pc}`;
    case "report":
      return effect.code;
    default:
      return effect.type;
  }
}
