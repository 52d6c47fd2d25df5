/**
 * The union of what the stamps say of the members (docs/protocol.md §5). Pure:
 *
 *     step(presence, event) → [presence, changes]
 *
 * A *word* is what one stamp says of one member: `connected`, `asleep` or `disconnected`, or nothing.
 * A stamp *counts* from its list until our socket there has ended. A word counts if its visit is the
 * newest that any stamp has told of that member: an older one is of a page that is gone.
 *
 * | Event | The word of that stamp | Then |
 * |---|---|---|
 * | `asked` | – | what is pushed from here on is newer than the next list |
 * | `listed` | as listed; of those who are not listed: none | who is unknown is `here` |
 * | `joined` | connected | who is unknown is `here` |
 * | `heard`, of somebody unknown | connected | `here`, without a name |
 * | `disconnected` | disconnected, or asleep | – |
 * | `left: expired` | none | – |
 * | `left: left` with the newest visit | of all stamps: none | `gone` |
 * | `left: left` with an older visit | none, if it is of that visit or older | – |
 * | `left: kicked`, `kicked` | of all stamps: none, for ever | `gone` |
 * | `opened` | – | this stamp can say that somebody is absent |
 * | `closed` | of all members: none | – |
 * | `forgotten` | of all stamps: none | – |
 *
 * After each event, for each known member that it concerns:
 *
 * | A word that counts is connected or asleep | A socket of ours is open | Then the member is |
 * |---|---|---|
 * | yes | any | `here` |
 * | no | yes | `absent` |
 * | no | no | as before |
 *
 * News of a member who is gone counts if it is newer than what we know: after `left`, only a newer
 * visit; after `forgotten: expired`, also a connected or asleep seat of the same visit.
 */
import type { LeftReason, Role } from "../types.js";

/** What the room shows of a member. */
export interface Profile {
  readonly name: string;
  readonly role: Role;
}

/** A member, as `joined` tells it. */
export interface Told extends Profile {
  readonly peer: string;
  /** When its page began, by its own clock. ms since 1970. */
  readonly visit: number;
}

/** A member, as negotiate lists it. */
export interface Listed extends Told {
  /** Its socket at that stamp is open. */
  readonly connected: boolean;
  /** It has no socket there and will come back by itself. */
  readonly asleep?: boolean;
}

/** `stamp`: its number in the sorted list of backends. Our own peer id never appears. */
export type PresenceEvent =
  | { readonly type: "asked"; readonly stamp: number } // negotiate is under way
  | { readonly type: "listed"; readonly stamp: number; readonly members: readonly Listed[] }
  | { readonly type: "joined"; readonly stamp: number; readonly member: Told }
  | { readonly type: "heard"; readonly stamp: number; readonly peer: string } // a message came
  | {
      readonly type: "disconnected";
      readonly stamp: number;
      readonly peer: string;
      readonly asleep: boolean;
    }
  | {
      readonly type: "left";
      readonly stamp: number;
      readonly peer: string;
      readonly reason: LeftReason;
      readonly visit: number;
    }
  | { readonly type: "opened"; readonly stamp: number } // our socket there
  | { readonly type: "closed"; readonly stamp: number } // it ended, or did not open
  | { readonly type: "kicked"; readonly peer: string } // by orders
  /** The room has dropped it: `left` after its `bye`, `expired` after its absence. */
  | { readonly type: "forgotten"; readonly peer: string; readonly reason: LeftReason };

/**
 * What the room does. `here`: the member is new, or back, or there is news of it, so that a
 * connection that was given up is worth another try. `fresh`: it can receive, and could not before,
 * or its page is a new one: what has had no effect yet is to be repeated.
 */
export type Change =
  | {
      readonly type: "here";
      readonly peer: string;
      readonly profile: Profile;
      readonly fresh: boolean;
    }
  | { readonly type: "absent"; readonly peer: string }
  | { readonly type: "gone"; readonly peer: string; readonly reason: "left" | "kicked" }
  | { readonly type: "renamed"; readonly peer: string; readonly profile: Profile };

/** Where a member is, as far as one stamp knows; `unknown`: the stamp does not count. */
export type Reach = "here" | "absent" | "unknown";

/** What one stamp says of one member. */
interface Word {
  readonly visit: number;
  readonly is: "connected" | "asleep" | "disconnected";
}

interface Member {
  readonly profile: Profile;
  /** The newest that any stamp has told. */
  readonly visit: number;
  /** By stamp. */
  readonly words: ReadonlyMap<number, Word>;
  /** What the room was told. */
  readonly here: boolean;
}

/** A stamp that counts. */
interface Stamp {
  readonly open: boolean;
  /** Of whom it pushed something since `asked`; null while no negotiate is under way. */
  readonly pushed: ReadonlySet<string> | null;
}

/** Somebody who is gone: the newest visit that we knew, and whether it left by its own will. */
interface Past {
  readonly visit: number;
  readonly left: boolean;
}

/** Everything that is known. Immutable. */
export interface Presence {
  readonly stamps: ReadonlyMap<number, Stamp>;
  readonly members: ReadonlyMap<string, Member>;
  readonly past: ReadonlyMap<string, Past>;
  readonly kicked: ReadonlySet<string>;
}

export type PresenceStep = readonly [Presence, readonly Change[]];
