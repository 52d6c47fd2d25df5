/** What the room page says about members, their connections and itself. */
import type { Path, PeerState } from "@heliograph/client";

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
