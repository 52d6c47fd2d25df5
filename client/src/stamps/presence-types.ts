/** What the stamps say of the members, and what the room does then (presence.ts). */
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
export interface ListedMember extends Told {
  /** Its socket at that stamp is open. */
  readonly connected: boolean;
  /** It has no socket there and will come back by itself. */
  readonly asleep?: boolean;
}

/** `stamp`: its number in the sorted list of backends. Our own peer id never appears. */
export type PresenceEvent =
  | { readonly type: "asked"; readonly stamp: number } // before each negotiate
  | { readonly type: "listed"; readonly stamp: number; readonly members: readonly ListedMember[] }
  | { readonly type: "joined"; readonly stamp: number; readonly member: Told }
  /** A message came. `newPage`: by its seq, of a page after the one that left (room/departed.ts). */
  | {
      readonly type: "heard";
      readonly stamp: number;
      readonly peer: string;
      readonly newPage?: boolean;
    }
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
  | { readonly type: "closed"; readonly stamp: number } // it ended or did not open, or negotiate failed without one
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
      /** It can receive, and could not, or is another page. */
      readonly fresh: boolean;
      /** It is fresh, or can receive at a stamp where it could not. */
      readonly receives: boolean;
    }
  /** `expired`: a stamp that has kept its seat has given it up, and none that counts has one for it. */
  | { readonly type: "absent"; readonly peer: string; readonly expired: boolean }
  | { readonly type: "gone"; readonly peer: string; readonly reason: "left" | "kicked" }
  | { readonly type: "renamed"; readonly peer: string; readonly profile: Profile };

/** Where a member is, as far as one stamp knows; `unknown`: the stamp does not count. */
export type Reach = "here" | "absent" | "unknown";

/** What one stamp says of one member. */
export interface Word {
  readonly visit: number;
  readonly is: "connected" | "asleep" | "disconnected";
}

export interface Member {
  readonly profile: Profile;
  /** The newest that any stamp has told. */
  readonly visit: number;
  /** No stamp has told it yet: the member was only heard. */
  readonly guessed: boolean;
  /** By stamp. */
  readonly words: ReadonlyMap<number, Word>;
  /** What the room was told. */
  readonly here: boolean;
}

/** A stamp that counts. */
export interface Stamp {
  readonly open: boolean;
  /** Of whom it pushed something since `asked`; null while no negotiate is under way. */
  readonly pushed: ReadonlySet<string> | null;
}

/** Somebody who is gone: the newest visit that we knew, and whether it left by its own will. */
export interface Past {
  readonly visit: number;
  readonly left: boolean;
}

/** Everything that is known. Immutable. */
export interface Presence {
  readonly stamps: ReadonlyMap<number, Stamp>;
  readonly members: ReadonlyMap<string, Member>;
  readonly past: ReadonlyMap<string, Past>;
  readonly kicked: ReadonlySet<string>;
  /** Stamps that were asked for a list before our socket there ended, and not since. */
  readonly late: ReadonlySet<number>;
}

export type PresenceStep = readonly [Presence, readonly Change[]];
