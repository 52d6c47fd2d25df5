/** What the log of a room notes. */
import type { LeftReason } from "@heliograph/client";
import { type Isolated, isolate, plain } from "../language/isolate.js";
import { words } from "./page.js";

/** What to call a member who has no name, or whose name has not arrived yet. */
export const nameOf = (name: string): string => plain(name) || words.people.guest;

/** The same, to stand in a sentence. */
export const nameIn = (name: string): Isolated => isolate(nameOf(name));

/** The note when a member comes. */
export const joinedNote = (name: string): string => words.notes.joined(nameIn(name));

/** A reason that this page does not know, from a newer backend, reads as "left". */
export function leftNote(name: string, reason: LeftReason): string {
  const { left, kicked, expired } = words.notes;
  if (reason === "kicked") return kicked(nameIn(name));
  return reason === "expired" ? expired(nameIn(name)) : left(nameIn(name));
}

/** The note when the lock has changed. `ours`: we did it, and not another host. */
export function lockNote(locked: boolean, ours: boolean): string {
  const { weLocked, weUnlocked, hostLocked, hostUnlocked } = words.notes;
  if (ours) return locked ? weLocked : weUnlocked;
  return locked ? hostLocked : hostUnlocked;
}

/** The note for the host who has removed somebody. */
export const kickedNote = ({ byInvite }: { readonly byInvite: boolean }): string =>
  byInvite ? words.notes.inviteEnded : words.notes.canComeBack;
