/** What the room page says about members, their connections and what happens in the room. */
import type { LeftReason, Path, PeerState } from "@heliograph/client";

/** How a connection to a member is. */
export const STATE_WORDS: Readonly<Record<PeerState, string>> = {
  connecting: "Connecting…",
  connected: "Connected",
  reconnecting: "Reconnecting…",
  failed: "Failed",
};

/** Where the traffic to a member goes. */
export const PATH_WORDS: Readonly<Record<Path, string>> = {
  direct: "direct",
  relayed: "relayed",
  server: "via server",
};

/** The explanation of each path, for the legend. */
export const PATH_MEANS: Readonly<Record<Path, string>> = {
  direct: "Straight from browser to browser.",
  relayed:
    "Browser to browser, still encrypted, through a relay, because a network in between forbids the straight way.",
  server: "Messages pass through the server until the browsers have found each other.",
};

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

/** While the browser computes a proof of work. */
export const PROVING = "Checking that you are not a robot…";
/** While the connection to the backend is interrupted. */
export const RECONNECTING = "Reconnecting… Connections you already have go on.";
/** The same, after a while. */
export const BACKEND_AWAY =
  "The backend is away. You can go on talking to everyone you are connected with directly; nobody new can come in. This page keeps trying by itself.";

/** What to call a room. A code is a key to the room: its first letters are enough to tell rooms apart. */
export const roomWords = (room: string): string =>
  room.startsWith("~") ? `Room ${room.slice(1, 5)}` : room;

/** The title of the browser's tab. */
export const titleWords = (room: string | null, unread: number): string =>
  room === null ? "Heliograph" : `${unread ? `(${unread}) ` : ""}${roomWords(room)} · Heliograph`;
