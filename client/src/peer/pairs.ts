/**
 * Two offers that a stamp has made a pair of (docs/protocol.md §5): each is read as the answer to the
 * other. Pure.
 *
 * Two stamps can make different pairs of the offers of the same two people, and each side hears of
 * these in an order of its own. So that both come to the same one:
 *
 * | Our connection to that peer | We hear of a pair | our offer of it is free | it is in use |
 * |---|---|---|---|
 * | has said nothing yet | | use it | offer anew |
 * | is a pair, not up yet | of higher seqs | use it | offer anew |
 * | | of the same or lower ones | – | – |
 * | is anything else | | – | – |
 *
 * The seq of the answer comes first, then that of the offer.
 */

import type { Offer } from "../wire/protocol.js";
import type { Phase, State } from "./negotiation-types.js";
import { isIceLite } from "./setup.js";

/** The two offers of a pair, by their seqs. */
export interface Pair {
  readonly ours: number;
  readonly theirs: number;
  /** Ours counts as the offer; else it is the answer. */
  readonly offers: boolean;
}

export type Verdict = "use" | "offer" | "ignore";

/** What a connection is when we hear of a pair. */
export type Before = "new" | "other" | Pair;

/** Nothing that the peer could have heard was said of the connection yet. */
const UNSAID: readonly Phase[] = ["waiting", "idle", "preparing", "offering"];

/** What a connection is. `pair`: the last one that was used, and its name. */
export function beforeOf(
  { pc, phase, joint, round }: State,
  pair: (Pair & { readonly pc: string }) | null,
  hasBeenUp: boolean,
): Before {
  if (UNSAID.includes(phase) && !joint && round === "none") return "new";
  return pair?.pc === pc && !hasBeenUp ? pair : "other";
}

/** Ours is the offer of the pair, theirs its answer: a rule that needs no word of theirs. */
export function isOffer(self: string, peer: string, ours: Offer, theirs: Offer): boolean {
  const [weGiveWay, theyGiveWay] = [isIceLite(ours.body), isIceLite(theirs.body)];
  return weGiveWay && theyGiveWay ? self < peer : theyGiveWay;
}

/** `isFree`: our offer of the pair is not in use. */
export function judge(pair: Pair, before: Before, isFree: boolean): Verdict {
  if (before === "other") return "ignore";
  if (before !== "new" && !isHigher(pair, before)) return "ignore";
  return isFree ? "use" : "offer";
}

function isHigher(pair: Pair, before: Pair): boolean {
  const [next, last] = [inOrder(pair), inOrder(before)];
  return next[0] === last[0] ? next[1] > last[1] : next[0] > last[0];
}

const inOrder = ({ ours, theirs, offers }: Pair) =>
  offers ? ([theirs, ours] as const) : ([ours, theirs] as const);
