/**
 * What to do about a connection that does not come about, or that was lost. Pure.
 *
 *     next(facts) → { at, action } | null
 *
 * It is asked again whenever a fact changes. `at` may be in the past: then it is due now.
 *
 *   the connection                       due                               action
 *   is up                                –                                 none
 *   has both descriptions, no path³      1.5 s later¹, 3 s through TURN    escalate
 *   the same, one side has UDP blocked   at once⁴                          escalate
 *   the same, another need of a relay    0.1 s later⁴                      escalate
 *   failed, no path³                     at once¹                          escalate
 *   does not come about                  10 s after it began               recover
 *   failed                               at once, 5 s if it is escalated   recover
 *   is disconnected                      2.5 s later: ICE may return       recover
 *   is silent (pulse.ts)                 at once                           recover
 *   is broken (closed)                   1 s later: news may be on its way recover
 *   there is news of the peer            at once                           recover
 *   was tried 1 … 6 times                5, 10, 20, 20, 20, 20 s later²    recover, after the 6th give up
 *   was given up                         –                                 none, until there is news
 *
 *   escalate  The side whose network calls for a relay (turn/network.ts), else the impolite one, gets
 *             TURN credentials, and the impolite one offers a new connection, or restarts ICE if this
 *             one was up. If that did not help, or it gets none, or it turns out that the networks call
 *             for both, the other side brings TURN candidates too. One relay is enough for a pair, and
 *             half the cost.
 *   recover   The polite side asks for a restart of ICE (RFC 8445 §9). The impolite side restarts
 *             twice, and then replaces the connection.
 *
 *   ¹ Impolite side, TURN allowed, the peer is in the room.  ² And up to a fifth more: `jitter`.
 *   ³ ICE has not reached a path.  ⁴ Also the polite side, if it is to bring a relay: it gets its
 *   credential meanwhile.
 */
import type { Need } from "../turn/network.js";

/** Who brings a relay: one is enough for a pair; both only if one did not help, or cannot. */
export type Stage = "direct" | "ours" | "theirs" | "both";

export type Action =
  | { readonly type: "escalate"; readonly stage: Exclude<Stage, "direct"> }
  | { readonly type: "ask" } //     ask the impolite side for a restart of ICE
  | { readonly type: "restart" } // restart ICE
  | { readonly type: "replace" } // offer a new connection
  | { readonly type: "giveUp" };

/** Times are ms of one clock, null for what is not so. */
export interface Facts {
  /** The polite side asks; the impolite side acts (W3C WebRTC §10.7). */
  readonly polite: boolean;
  /** Its seat in the room is gone, or its socket. */
  readonly absent: boolean;
  /** Messages can go peer to peer. */
  readonly up: boolean;
  /** ICE has a path. */
  readonly reached: boolean;
  /** When it began: the connection is new, or was up until then. */
  readonly since: number;
  /** When both descriptions were set for the last time. */
  readonly described: number | null;
  readonly failed: number | null;
  readonly disconnected: number | null;
  readonly silent: number | null;
  readonly broken: number | null;
  /** News says that trying is worth it now. */
  readonly news: number | null;
  /** How often it was tried to recover, and when for the last time. */
  readonly tries: number;
  readonly tried: number;
  /** 0 to 1, drawn anew for each try. */
  readonly jitter: number;
  /** How far it was escalated, and when. `asking`: TURN credentials are on their way. */
  readonly stage: Stage;
  readonly escalated: number | null;
  readonly asking: boolean;
  readonly turn: {
    /** The room may use it. */
    readonly allowed: boolean;
    /** Either side has TURN candidates. */
    readonly relayed: boolean;
    /** Ours are new and are being tried. */
    readonly fresh: boolean;
    /** Relays that the networks call for, and that are not there. */
    readonly need: Need;
  };
}

/** How long ICE may look for a direct path, or for one through TURN. */
export const DIRECT_MS = 1_500;
export const RELAYED_MS = 3_000;
/** … and for a direct one where there is probably none: in one building it takes less. */
export const UNLIKELY_MS = 100;
export const FIRST_CONNECTION_MS = 10_000;
export const DISCONNECTED_MS = 2_500;
export const BROKEN_MS = 1_000;
/** An escalation waits so long for TURN credentials, and has so long to help. */
export const ESCALATION_MS = 5_000;
const MAX_TRIES = 6;
const RESTARTS = 2; // before the connection is replaced
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 20_000;

/** The next thing to do, and when; null if there is nothing to do. */
export function next(facts: Facts): { at: number; action: Action } | null {
  if (facts.up) return null;
  const [escalation, recovery] = [escalate(facts), recover(facts)];
  if (!escalation || !recovery) return escalation ?? recovery;
  return escalation.at <= recovery.at ? escalation : recovery;
}

/** Tried as often as it is worth. */
export function exhausted({ tries }: Pick<Facts, "tries">): boolean {
  return tries > MAX_TRIES;
}

function escalate(facts: Facts): { at: number; action: Action } | null {
  if (facts.asking || !withoutPath(facts)) return null;
  const stage = nextStage(facts);
  const at = noPathAt(facts);
  return at === null || stage === null ? null : { at, action: { type: "escalate", stage } };
}

/** Null: there is nothing more to try, or it is not for this side to begin. */
function nextStage(facts: Facts): Exclude<Stage, "direct"> | null {
  const { stage, polite, turn } = facts;
  const { relays } = turn.need;
  if (stage === "direct" && relays !== "none") return polite && relays === "theirs" ? null : relays;
  if (polite || stage === "both") return null;
  return stage === "direct" && !turn.fresh ? "ours" : "both";
}

/** Nobody was asked yet, or one relay is not enough: that is known later than the need of one. */
function isMissing({ stage, turn }: Facts): boolean {
  const { relays, certain } = turn.need;
  if (stage === "direct") return relays !== "none";
  return (
    stage !== "both" && (relays === "both" || (certain && relays !== "none" && relays !== stage))
  );
}

/** Without a path, where TURN may help. */
export function withoutPath({ absent, up, reached, broken, turn }: Facts): boolean {
  return turn.allowed && !absent && !up && !reached && broken === null;
}

/** What was before the last escalation is answered by it. */
function noPathAt(facts: Facts): number | null {
  const { failed, described, escalated } = facts;
  const answered = escalated ?? Number.NEGATIVE_INFINITY;
  if (failed !== null && failed > answered) return failed;
  if (described === null || described <= answered) return null;
  return described + patience(facts);
}

function patience(facts: Facts): number {
  const { turn } = facts;
  if (isMissing(facts)) return turn.need.certain ? 0 : UNLIKELY_MS;
  return turn.relayed ? RELAYED_MS : DIRECT_MS;
}

function recover(facts: Facts): { at: number; action: Action } | null {
  if (facts.news === null && exhausted(facts)) return null;
  const { tries, broken, polite } = facts;
  if (tries === MAX_TRIES) return { at: dueAt(facts), action: { type: "giveUp" } };
  if (polite) return { at: dueAt(facts), action: { type: "ask" } };
  const type = tries >= RESTARTS || broken !== null ? "replace" : "restart";
  return { at: dueAt(facts), action: { type } };
}

function dueAt(facts: Facts): number {
  const { news, tries, tried, jitter, since, disconnected, silent, broken, failed } = facts;
  if (news !== null) return news;
  if (tries > 0) return tried + pauseAfter(tries) * (1 + jitter / 5);
  return Math.min(
    since + FIRST_CONNECTION_MS,
    later(disconnected, DISCONNECTED_MS),
    later(silent, 0),
    later(broken, BROKEN_MS),
    later(failed, isEscalated(facts) ? ESCALATION_MS : 0),
  );
}

/** Something is being done about the failure. */
function isEscalated({ failed, escalated, asking }: Facts): boolean {
  return asking || (failed !== null && escalated !== null && escalated >= failed);
}

function later(time: number | null, ms: number): number {
  return time === null ? Number.POSITIVE_INFINITY : time + ms;
}

function pauseAfter(tries: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
}
