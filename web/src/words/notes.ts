/** What the log of a room notes. The page counts with it before it is drawn, unlike `room.ts`. */
import type { LeftReason } from "@heliograph/client";

const LEFT_WORDS: Readonly<Record<string, string>> = {
  left: "left",
  kicked: "was removed by the host",
  expired: "did not come back",
};

/** What to call a member who has no name, or whose name has not arrived yet. */
export const nameOf = (name: string): string => name || "Guest";

/** The note when a member comes. */
export const joinedNote = (name: string): string => `${nameOf(name)} joined`;

/** A reason that this page does not know, from a newer backend, reads as "left". */
export const leftNote = (name: string, reason: LeftReason): string =>
  `${nameOf(name)} ${Object.hasOwn(LEFT_WORDS, reason) ? LEFT_WORDS[reason] : "left"}`;

/** The note when the lock has changed. `ours`: we did it, and not another host. */
export function lockNote(locked: boolean, ours: boolean): string {
  const who = ours ? "You" : "The host";
  return locked ? `${who} locked the room: nobody new can come in.` : `${who} unlocked the room.`;
}

/** The note for the host who has removed somebody; empty where there is nothing to say. */
export function kickedNote(room: { readonly byInvite: boolean; readonly locked: boolean }): string {
  if (room.byInvite)
    return "The invite of the person you removed lets nobody in from now on. Send the new link to whom you still expect.";
  return room.locked
    ? ""
    : "Everybody with the link can come in, also the person you removed. Lock the room to prevent it.";
}
