/**
 * The negotiation with one peer: perfect negotiation (W3C WebRTC §10.7) as a table. Pure.
 *
 *     step(state, event) → [state, effects]
 *
 *                   needed   restart   offer of theirs,     answer    the operation    it is
 *                                      polite | impolite              succeeded        refused
 *   waiting         –        prepare   take                 prepare¹
 *   idle            prepare⁶ prepare   take                 –
 *   blocked         –²       prepare   take                 –
 *   asking          –        prepare   take                 –
 *   granted         later    later⁷    take                 –
 *   preparing       –        restart   take                 –         describe
 *   offering        later    later     keep                 –         send | retract³  again
 *   offered         later    repeat⁵   retract | repeat     accept                     retract⁴
 *   accepting       later    later     keep                 –         stable           tell, retract⁴
 *   retracting      later    later     keep                 –         stable           new pair
 *   taking          later    later     keep                 –         prepare answer   tell, offer
 *   preparingAnswer later    later     take                 –         describe
 *   answering       later    later     keep                 –         send, stable     reject
 *   rejecting       later    later     keep                 –         tell, offer      new pair
 *   broken          –        new pair  new pair, take       –
 *
 *   ¹ They took an offer of ours that we have withdrawn. ² Until the channel is up.
 *   ³ Polite, and an offer of theirs came meanwhile. ⁴ And then waiting: they offer. In `offered`
 *   it is their browser that refused. ⁵ Later if it is to have other ICE servers. ⁶ The polite side
 *   after the first round: ask, once the channel is up. ⁷ At once if the channel is not up.
 *   keep: their offer waits until the operation has ended. later: an offer of ours follows.
 *   stable: what was kept comes first, then what is due later. Else idle.
 *   again, offer: twice in place, then with a new pair, then blocked, with an error.
 *
 * The floor (as in RFC 8855): after the first round only the impolite side offers by itself. The polite
 * one asks in the channel (`floor`), and offers when it is told that it may. So offers do not cross,
 * and no browser has to take one back: they differ in what they then still know of it.
 *
 *                   the polite side asks           the impolite side lets it   nothing for 2 s, 3 s
 *   idle, blocked,
 *   waiting         let it: granted                –                           –
 *   asking          –                              prepare                     prepare
 *   granted         let it                         –                           stable
 *   accepting       let it when stable, or offer   –                           –
 *   others          – (an offer of ours follows, or theirs is here: who still needs one asks again)
 *
 * Rules:
 * - One browser operation at a time, so that no result is ambiguous.
 * - Rollback is always explicit (RFC 8829 §4.1.10.2, §5.7). It is the last resort: where messages were
 *   lost, and when two first offers cross. If the first one has media it is not rolled back but
 *   left with its connection.
 * - A description of theirs counts by its seq: an older one is out of date.
 * - A description that a browser refuses does not count as taken. Both sides go back to stable:
 *   whoever refused says so, `restart {pc, refused}`. Who refused an offer offers in its place,
 *   because the same words would be refused again: Chromium keeps the RTP extension ids of an offer
 *   that was rolled back. Who refused an answer must not offer: the other side has set both, and
 *   is one round ahead (the order of m-lines would differ), so that side offers.
 * - Such an offer restarts ICE (RFC 8445 §9): a rollback may have changed one side's credentials.
 * - An answer for a pair that we do not have is to an offer that we use with somebody else (two stamps
 *   may give it to two peers): what we had with them is gone, so we offer a new pair.
 * - An offer, answer or batch is sent again after 1, 2 and 4 s until it has had its effect.
 */
import type { Description } from "../wire/protocol.js";
import { keepEarly, takeEarly } from "./early.js";
import type { Event, Incoming, Intention, Phase, State, Step } from "./negotiation-types.js";
import * as outgoing from "./outgoing.js";

type Of<T extends Event["type"]> = Extract<Event, { type: T }>;
type Row = { readonly [T in Event["type"]]?: (state: State, event: Of<T>) => Step };

const RETRIES_IN_PLACE = 2;
const ON_THE_LAST_PAIR = 3; // as many failures as if one more had been made in place
/** A description waits so long for host candidates: they come at once, and save a message. */
export const HOST_GATHER_MS = 30;
/** A parked offer waits so long for all candidates: nobody could get the later ones. */
export const PARKED_GATHER_MS = 2_000;
/** Who asks for the floor offers all the same when it has waited so long. */
export const FLOOR_ASKED_MS = 2_000;
/** Who has the floor and does not offer for so long, loses it. */
export const FLOOR_GRANTED_MS = 3_000;

/** What happens only in this phase. A cell that is missing here and in ALWAYS changes nothing. */
const TABLE: { readonly [P in Exclude<Phase, "closed">]: Row } = {
  waiting: {
    park: (s) => describe(s, "parking", PARKED_GATHER_MS),
    restart: (s, e) => offerFirst(s, e.fresh),
    offer: take,
    answer: answerWhileWaiting,
    floor: askedForFloor,
  },
  idle: {
    needed: offerOrAsk,
    up: (s) => then(connected(s), (up) => (up.intention === "rest" ? same(up) : stable(up))),
    restart,
    offer: take,
    floor: askedForFloor,
  },
  blocked: {
    up: (s) => then(connected(s), offerOrAsk),
    restart: (s, e) => (s.up ? restart(s) : replaceAndOffer(s, e)),
    offer: take,
    floor: askedForFloor,
  },
  asking: {
    up: (s) => then(connected(s), offerOrAsk), // the channel may have lost it
    restart,
    offer: take,
    floor: (s, { pc, granted }) => (granted && pc === s.pc ? prepareOffer(s, "offer") : same(s)),
    waited: (s) => (s.up ? prepareOffer(s, "offer") : offerOrAsk(s)),
  },
  granted: {
    needed: later("offer"),
    restart: (s) => (s.up ? later("restart")(s) : restart(s)),
    offer: take,
    floor: askedForFloor,
    waited: stable,
  },
  preparing: {
    restart: (s) => (s.joint && !s.restarting ? prepareOffer(s, "restart") : same(s)),
    offer: (s, e) => take(s.restarting ? { ...s, intention: "restart" } : s, e),
    prepared: (s) => describe(s, "offering", gatherMs(s)),
  },
  offering: {
    needed: later("offer"),
    restart: (s, e) => (e.anew || (s.joint && !s.restarting) ? later("restart")(s) : same(s)),
    offer: keep,
    described: sendOffer,
    failed: tryAgain,
  },
  parking: {
    gathered: same, // nobody is there yet to send them to
    described: park,
    failed: (s) => [{ ...s, phase: "broken" }, [{ type: "report", code: "negotiation_failed" }]],
  },
  parked: {
    gathered: same,
    repeatDue: same,
    heard: same,
    up: same,
  },
  offered: {
    needed: later("offer"),
    restart: (s, e) => (e.anew ? later("restart")(s) : [s, outgoing.resend(s.offer)]),
    offer: glare,
    answer: accept,
  },
  accepting: {
    needed: later("offer"),
    restart: later("restart"),
    offer: keep,
    set: (s) => stable({ ...s, round: "complete", failures: 0, offer: null, restarting: false }),
    failed: refuseAnswer,
    floor: grantLater,
  },
  retracting: {
    needed: later("offer"),
    restart: later("restart"),
    offer: keep,
    rolledBack: stable,
    failed: unusable,
  },
  taking: {
    needed: later("offer"),
    restart: later("restart"),
    offer: keep,
    set: prepareAnswer,
    failed: refuse,
  },
  preparingAnswer: {
    needed: later("offer"),
    restart: later("restart"),
    offer: take,
    prepared: (s) => describe(s, "answering", gatherMs(s)),
  },
  answering: {
    needed: later("offer"),
    restart: later("restart"),
    offer: keep,
    described: sendAnswer,
    failed: (s) => rollback(s, "rejecting", "remote"),
  },
  rejecting: {
    needed: later("offer"),
    restart: later("restart"),
    offer: keep,
    rolledBack: refuse,
    failed: unusable,
  },
  broken: {
    restart: replaceAndOffer,
  },
};

/** What happens in every phase but `closed`, where the row of the phase says nothing else. */
const ALWAYS: Row = {
  candidates: takeCandidates,
  gathered: (s, e) => outgoing.sendCandidates(s, e.seq, e.candidates),
  repeatDue: (s, e) => outgoing.repeat(s, e.seq),
  heard: (s) => [s, s.up ? [] : outgoing.resendPending(s)],
  asked: askedToRestart,
  ask: (s, e) => [s, [outgoing.sendRestart(e.seq, s.pc, e.network)]],
  tooLarge,
  up: connected,
  down: (s) => [{ ...s, up: false }, []],
  broke: (s) => [{ ...newPair(s, s.pc), phase: "broken", joint: s.joint }, []],
  replace: replaceAndOffer,
  claim,
  pair,
  close: (s) => [{ ...newPair(s, s.pc), phase: "closed" }, [{ type: "close" }]],
};

/** `phase`: "idle" if we may offer, "waiting" if they offer first or the offer will be parked. */
export function initial(setup: { pc: string; polite: boolean; phase: "idle" | "waiting" }): State {
  const flags = { joint: false, up: false, restarting: false };
  const none = { left: null, withdrawn: null, theirs: null, next: null, offer: null, answer: null };
  const counts = { op: 0, newest: -1, refusedAnswer: null, failures: 0 };
  const words = { round: "none", intention: "rest" } as const;
  return { ...setup, ...flags, ...none, ...counts, ...words, batches: [], early: [] };
}

/** The one transition function. Events that have no meaning in a phase change nothing. */
export function step(state: State, event: Event): Step {
  if (state.phase === "closed" || ("op" in event && event.op !== state.op)) return same(state);
  if (event.type === "offer") {
    const known = offerBefore(state, event) ?? offerForAnotherPair(state, event);
    if (known) return known;
  }
  if (event.type === "answer" && isForAnotherPair(state, event)) {
    return replaceAndOffer({ ...state, newest: event.seq }, event);
  }
  const row = TABLE[state.phase];
  const cell = row[event.type] ?? ALWAYS[event.type];
  return cell ? (cell as (state: State, event: Event) => Step)(state, event) : same(state);
}

// Offers of ours.

/** After the first round an offer waits for the channel, and the polite side asks for the floor. */
function offerOrAsk(s: State): Step {
  if (s.round !== "complete") return prepareOffer(s, "offer");
  if (!s.up) return [{ ...s, phase: "idle", intention: "offer" }, []];
  if (!s.polite) return prepareOffer(s, "offer");
  return waitFor({ ...s, phase: "asking", intention: "rest" }, FLOOR_ASKED_MS);
}

/** They ask for the floor, in the channel, which may be up on their side only. */
function askedForFloor(s: State, event: Of<"floor">): Step {
  if (!s.up) return s.phase === "idle" ? grantLater(s, event) : same(s);
  return event.granted || s.polite || event.pc !== s.pc ? same(s) : grant(s);
}

/** Unless an offer of ours follows: they take it, and ask again if they still need one. */
function grantLater(s: State, { pc, granted }: Of<"floor">): Step {
  const counts = !granted && !s.polite && pc === s.pc && s.intention === "rest";
  return [counts ? { ...s, intention: "grant" } : s, []];
}

function grant(s: State): Step {
  const back = s.phase === "blocked" ? "block" : s.phase === "waiting" ? "wait" : s.intention;
  return waitFor({ ...s, phase: "granted", intention: back }, FLOOR_GRANTED_MS);
}

/** Asks for the floor, or gives it, for so long. */
function waitFor(s: State, ms: number): Step {
  const op = s.op + 1;
  return [
    { ...s, op },
    [outgoing.sendFloor(s.pc, s.phase === "granted"), { type: "wait", op, ms }],
  ];
}

function prepareOffer(s: State, kind: "offer" | "restart"): Step {
  const restarting = kind === "restart" && s.joint;
  const op = s.op + 1;
  return [
    { ...s, phase: "preparing", intention: "rest", restarting, op },
    [
      ...(restarting ? [{ type: "restartIce" } as const] : []),
      { type: "prepare", op, offer: null },
    ],
  ];
}

function describe(s: State, phase: "offering" | "parking" | "answering", gatherMs: number): Step {
  const op = s.op + 1;
  return [{ ...s, phase, op }, [{ type: "describe", op, gatherMs }]];
}

/** The impolite side drops an offer that came meanwhile: they take ours (W3C WebRTC §10.7). */
function sendOffer(s: State, described: Of<"described">): Step {
  if (s.next && s.polite) return giveWay(s, s.next, described.sdp);
  const { seq, relay } = described;
  const flags = { ...(s.restarting ? { restart: true } : {}), ...(relay ? { relay } : {}) };
  const body = { ...offerOf(s, described), ...flags };
  const { sent: offer, effects } = outgoing.sendDescription("offer", seq, body, true);
  return [{ ...s, phase: "offered", next: null, offer }, effects];
}

/** It goes to the room and not to a peer, so it is not sent again by the clock. */
function park(s: State, described: Of<"described">): Step {
  const body = offerOf(s, described);
  const { sent: offer, effects } = outgoing.sendDescription("offer", described.seq, body, false);
  return [{ ...s, phase: "parked", offer }, effects];
}

/** Two offers cross. The polite side takes theirs; the other repeats its own. */
function glare(s: State, { seq, body }: Of<"offer">): Step {
  if (!s.polite || !s.offer) return [s, outgoing.resend(s.offer)];
  const { message } = s.offer;
  return giveWay(s, { seq, body }, message.kind === "offer" ? message.body.sdp : "");
}

/**
 * With media the first offer is not rolled back: browsers do not forget all of it, and refuse
 * descriptions later (Chromium keeps RTP extension ids). `sdp`: of ours.
 */
function giveWay(s: State, next: Incoming, sdp: string): Step {
  if (s.round === "complete" || !/^m=(audio|video)/m.test(sdp)) {
    return retract(withdraw({ ...s, next }));
  }
  return then(replace(s, next.body.pc, "waiting"), (fresh) => take(fresh, next));
}

/** Our offer gives way. The browser says again what is needed, but not that it was a restart. */
function withdraw(s: State): State {
  return { ...s, intention: s.restarting ? "restart" : s.intention };
}

function retract(s: State): Step {
  const round = s.round === "complete" ? "complete" : "spoiled";
  return rollback({ ...s, round, offer: null, restarting: false }, "retracting", "local");
}

function rollback(s: State, phase: "retracting" | "rejecting", side: "local" | "remote"): Step {
  const op = s.op + 1;
  return [{ ...s, phase, op }, [{ type: "rollback", op, side }]];
}

function accept(s: State, { seq, body }: Incoming): Step {
  if (seq <= s.newest || body.pc !== s.pc) return same(s);
  const op = s.op + 1;
  const [early, candidates] = takeEarly(s.early, s.pc);
  const before = outgoing.settled(s);
  const state: State = { ...before, phase: "accepting", joint: true, newest: seq, early, op };
  return [
    { ...state, offer: null },
    [{ type: "set", op, kind: "answer", body, candidates, renamed: false }],
  ];
}

/**
 * They took an offer that we have used with somebody else, and have left the pair that we have: only
 * another offer helps. In other phases one is on its way, or they find out by our answer.
 */
function isForAnotherPair(s: State, { seq, body }: Of<"answer">): boolean {
  const isOurTurn = s.phase === "idle" || s.phase === "accepting";
  const isOther = body.pc !== s.pc && body.pc !== s.left && body.pc !== s.withdrawn;
  return isOurTurn && s.joint && !s.up && isOther && seq > s.newest;
}

/** They took an offer that we have withdrawn, or have not heard that we refused their answer. */
function answerWhileWaiting(s: State, { seq, body, fresh }: Of<"answer">): Step {
  if (seq === s.refusedAnswer) return [s, [outgoing.sendRefusal(body.pc, seq)]];
  return seq <= s.newest ? same(s) : offerFirst({ ...s, newest: seq }, fresh);
}

/** Though it was their turn. */
function offerFirst(s: State, fresh: string): Step {
  return s.round === "spoiled" ? replaceAndOffer(s, { fresh }) : restart(s);
}

// Offers of theirs.

/** An offer that was tried before: our answer or our refusal was lost, or it is out of date. */
function offerBefore(s: State, { seq, body }: Of<"offer">): Step | null {
  if (s.answer?.to === seq && s.phase !== "broken") return [s, outgoing.resend(s.answer)];
  if (seq > s.newest) return null;
  // They still wait for an answer that we have not (any more): they have to offer again.
  const waits = seq === s.newest && seq !== s.theirs?.seq;
  return [s, waits ? [outgoing.sendRefusal(body.pc, seq)] : []];
}

/** They have a new connection, or they use one that we do not have (any more). */
function offerForAnotherPair(s: State, event: Of<"offer">): Step | null {
  const { body, seq } = event;
  if (body.pc === s.pc && s.phase !== "broken") return null;
  // Only a new pair can work, and we offer it, or have done so already.
  if (body.restart || body.pc === s.pc || body.pc === s.left) {
    const state = { ...s, newest: seq };
    if (s.joint || s.phase === "broken") return replaceAndOffer(state, event);
    if (s.phase === "waiting" || s.phase === "blocked") return offerFirst(state, event.fresh);
    return [state, outgoing.resend(s.offer)];
  }
  if (!s.joint && s.phase !== "broken") return null;
  return then(replace(s, body.pc, "waiting"), (state) => take(state, event));
}

function take(s: State, { seq, body }: Incoming): Step {
  const op = s.op + 1;
  const [early, candidates] = takeEarly(s.early, body.pc);
  const state: State = {
    ...outgoing.settled(s),
    phase: "taking",
    pc: body.pc,
    withdrawn: body.pc === s.pc ? s.withdrawn : s.pc,
    joint: true,
    // Ours is dropped: the browser says again what is needed. It does not say "restart".
    intention: s.intention === "restart" ? "restart" : "rest",
    restarting: false,
    theirs: { seq, body },
    next: null,
    newest: seq,
    offer: null,
    early,
    op,
  };
  return [state, [{ type: "set", op, kind: "offer", body, candidates, renamed: body.pc !== s.pc }]];
}

function keep(s: State, { seq, body }: Incoming): Step {
  return [s.next && s.next.seq > seq ? s : { ...s, next: { seq, body } }, []];
}

function prepareAnswer(s: State): Step {
  if (s.next) return take(s, s.next);
  const op = s.op + 1;
  const offer = s.theirs?.body ?? null;
  return [{ ...s, phase: "preparingAnswer", op }, [{ type: "prepare", op, offer }]];
}

/** If a newer offer has come they have given the old one up, and need no answer to it. */
function sendAnswer(s: State, described: Of<"described">): Step {
  if (s.next || !s.theirs) return stable(s);
  const body = bodyOf(s, described);
  const { sent, effects } = outgoing.sendDescription("answer", described.seq, body, !s.up);
  const answer = { ...sent, to: s.theirs.seq, settled: s.up };
  const state: State = { ...s, round: "complete", failures: 0, theirs: null, answer };
  return then([state, effects], stable);
}

/**
 * Our browser refused their offer, or an answer to it. It is stable now. They must know, and we
 * offer in their place: with other words, for theirs would be refused again.
 */
function refuse(s: State, { fresh }: { fresh: string }): Step {
  if (!s.theirs) return stable(s);
  const { seq, body } = s.theirs;
  const told = outgoing.sendRefusal(body.pc, seq);
  return then([{ ...s, theirs: null }, [told]], (next) => offerInstead(next, fresh));
}

// Refusals, and what follows.

/**
 * Our browser refused their answer. They have set it, and with it our offer, so they are ahead of
 * us: an offer of ours would not fit theirs (the order of its m-lines). They have to offer.
 */
function refuseAnswer(s: State, { fresh }: Of<"failed">): Step {
  if (s.failures >= RETRIES_IN_PLACE) return useNewPair(s, fresh);
  const seq = s.newest;
  const state: State = { ...s, failures: s.failures + 1, refusedAnswer: seq, intention: "wait" };
  return then([state, [outgoing.sendRefusal(s.pc, seq)]], retract);
}

/** Our browser refused an offer of our own. */
function tryAgain(s: State, { fresh }: Of<"failed">): Step {
  return s.next ? stable(s) : offerInstead(s, fresh); // theirs will do
}

/** Something was refused, and we are stable: offer in place, with a new pair, or no more. */
function offerInstead(s: State, fresh: string): Step {
  const failures = s.failures + 1;
  if (failures > RETRIES_IN_PLACE || s.round === "spoiled") return useNewPair(s, fresh);
  return s.next ? stable({ ...s, failures }) : restart({ ...s, failures });
}

function useNewPair(s: State, fresh: string): Step {
  if (s.failures >= ON_THE_LAST_PAIR) return block(s, "negotiation_failed");
  return replaceAndOffer({ ...s, failures: ON_THE_LAST_PAIR }, { fresh });
}

/** Stable again, with an error. Offering at once would end alike. */
function block(s: State, code: "too_large" | "negotiation_failed"): Step {
  const pending = s.phase === "offered" || s.phase === "accepting";
  const state: State = { ...s, intention: "block" };
  return then([state, [{ type: "report", code }]], pending ? retract : stable);
}

/** Not even a rollback works. */
function unusable(s: State, { fresh }: Of<"failed">): Step {
  if (s.failures < ON_THE_LAST_PAIR) return useNewPair(s, fresh);
  return [
    { ...s, phase: "broken", theirs: null },
    [{ type: "report", code: "negotiation_failed" }],
  ];
}

/** An offer that cannot be sent is taken back. Who waits for an answer that cannot be sent, must know. */
function tooLarge(s: State, { seq }: Of<"tooLarge">): Step {
  if (s.phase === "offered" && s.offer?.seq === seq) return block(s, "too_large");
  if (s.answer?.seq !== seq) return same(s);
  const refused = outgoing.sendRefusal(s.pc, s.answer.to);
  return [{ ...s, answer: null }, [{ type: "report", code: "too_large" }, refused]];
}

/** They ask for a restart of ICE, which the impolite side starts, or refused a description of ours. */
function askedToRestart(s: State, event: Of<"asked">): Step {
  const { pc, refused, stale, fresh } = event;
  if (refused !== undefined) return refusedByThem(s, pc, refused, fresh);
  if (s.polite) return same(s);
  if (pc === s.pc && s.phase !== "broken") return step(s, { type: "restart", fresh });
  return stale && !s.up ? replaceAndOffer(s, event) : same(s);
}

function refusedByThem(s: State, pc: string, seq: number, fresh: string): Step {
  if (s.phase === "waiting" && pc !== s.pc) return offerFirst(s, fresh); // one that we had parked
  if (pc !== s.pc) return same(s);
  if (s.phase === "offered" && s.offer?.seq === seq) return takeBack(s);
  // They are stable again, and one round behind us: only an offer of ours fits.
  if (s.phase === "idle" && s.answer?.seq === seq) return prepareOffer(s, "restart");
  return same(s);
}

/** Their browser refused our offer. They offer in our place. */
function takeBack(s: State): Step {
  if (s.failures >= ON_THE_LAST_PAIR) return block(s, "negotiation_failed");
  const failures = Math.min(RETRIES_IN_PLACE, s.failures + 1);
  return retract({ ...s, failures, intention: "wait" });
}

function restart(s: State): Step {
  return prepareOffer(s, s.joint ? "restart" : "offer");
}

// The connection is stable, or there is another one.

function stable(s: State): Step {
  const state: State = { ...s, theirs: null, restarting: false };
  if (state.next) return take(state, state.next);
  if (state.intention === "offer") return offerOrAsk(state);
  if (state.intention === "restart") return prepareOffer(state, "restart");
  if (state.intention === "grant") return grant({ ...state, intention: "rest" });
  return [{ ...state, phase: RESTING[state.intention], intention: "rest" }, []];
}

const RESTING = { rest: "idle", wait: "waiting", block: "blocked" } as const;

function replaceAndOffer(s: State, { fresh }: { fresh: string }): Step {
  return replace(s, fresh, "idle"); // its browser fires negotiationneeded
}

function replace(s: State, pc: string, phase: "idle" | "waiting"): Step {
  return [{ ...newPair(s, pc), phase }, [{ type: "replace", pc }]];
}

/** What is left of the state when the connection goes: what was heard, and how often it failed. */
function newPair(s: State, pc: string): State {
  const { polite, newest, refusedAnswer, failures, early, phase, op } = s;
  const left = pc === s.pc ? s.left : s.pc;
  const fresh = initial({ pc, polite, phase: "idle" });
  return { ...fresh, phase, left, newest, refusedAnswer, failures, early, op: op + 1 };
}

/** Their answer names the offer that we had parked: its connection becomes this one. */
function claim(s: State, { pc, answerSeq }: Of<"claim">): Step {
  if (answerSeq <= s.newest) return [s, [{ type: "release" }]];
  return [{ ...newPair(s, pc), phase: "offered" }, [{ type: "adopt" }]];
}

/**
 * Theirs is the answer to ours, or ours to theirs: each side reads the other's as an answer. Ours was
 * sent to them by the servers. It is sent again like any answer if it may have been lost.
 */
function pair(s: State, { ours, theirs, isTold }: Of<"pair">): Step {
  const { body, seq } = theirs;
  // Which of two pairs counts is decided (pairs.ts), whatever was heard before.
  const offered: State = { ...newPair(s, body.pc), phase: "offered", newest: seq - 1 };
  const [state, effects] = accept(offered, theirs);
  const answer = { ...ours, repeats: 0, to: seq, settled: isTold };
  const repeats = isTold ? [] : [outgoing.repeatFirst(ours.seq)];
  return [{ ...state, answer }, [{ type: "adopt" }, ...effects, ...repeats]];
}

/**
 * Messages can go peer to peer. What the servers may have lost goes there again: an offer, or the
 * word that we refused an answer, after which they have to offer.
 */
function connected(s: State): Step {
  const { phase, joint, refusedAnswer, newest } = s;
  const isOwedOffer = phase === "waiting" && joint && refusedAnswer === newest;
  const told = isOwedOffer ? [outgoing.sendRefusal(s.pc, newest)] : [];
  return [{ ...outgoing.settled(s), up: true }, [...outgoing.resend(s.offer), ...told]];
}

/** Their candidates need a description of theirs first, of the same pair (RFC 8838 §11). */
function takeCandidates(s: State, { body }: Of<"candidates">): Step {
  if (body.pc === s.pc && s.joint && s.phase !== "broken") {
    return [s, [{ type: "add", candidates: body.candidates }]];
  }
  return [{ ...s, early: keepEarly(s.early, body) }, []];
}

// Small parts.

/** After a restart of ICE, or with a second pair, it is late already. */
function gatherMs({ restarting, theirs, left }: State): number {
  return restarting || theirs?.body.restart || left !== null ? 0 : HOST_GATHER_MS;
}

/** What offers and answers have in common. */
function bodyOf(s: State, { sdp, candidates, network }: Of<"described">): Description {
  return { pc: s.pc, sdp, candidates, ...(network === undefined ? {} : { network }) };
}

function offerOf(s: State, described: Of<"described">): Description {
  const { slots } = described;
  return { ...bodyOf(s, described), ...(slots ? { slots } : {}) };
}

function same(s: State): Step {
  return [s, []];
}

const LESS_URGENT: ReadonlySet<Intention> = new Set(["rest", "offer", "grant"]);

/** A restart is an offer too, so it stays. "wait" and "block" end with the next stable phase. */
function later(intention: "offer" | "restart"): (s: State) => Step {
  return (s) => [LESS_URGENT.has(s.intention) ? { ...s, intention } : s, []];
}

function then([state, effects]: Step, more: (state: State) => Step): Step {
  const [next, added] = more(state);
  return [next, [...effects, ...added]];
}
