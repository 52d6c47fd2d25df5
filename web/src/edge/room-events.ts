/** Translates what a room of the SDK says into events of the app. */
import type { ErrorCode, Peer, Room } from "@heliograph/client";
import type { Event } from "../app/events.js";
import { personOf } from "./sdk-values.js";

/**
 * The connection's state and the list of people say these already. One stamp that does not answer is
 * nothing to tell: `connected` says that another one does.
 */
const SHOWN_ELSEWHERE: ReadonlySet<ErrorCode> = new Set([
  "backend_away",
  "unavailable",
  "busy",
  "connection_failed",
]);

/** Listens to `room` until it ends. `now` is in milliseconds since 1970. */
export function listen(room: Room, now: () => number, tell: (event: Event) => void): void {
  const seen = ({ peer }: { peer: Peer }): void =>
    tell({ type: "peer-seen", person: personOf(peer), at: now() });
  room.on("peer-joined", seen);
  room.on("peer-updated", seen);
  room.on("peer-left", ({ peer, reason }) =>
    tell({ type: "peer-left", id: peer.id, reason, at: now() }),
  );
  room.on("text", ({ from, text, via }) =>
    tell({ type: "text-received", from: from.id, name: from.name, text, via, at: now() }),
  );
  room.on("locked", ({ locked }) => tell({ type: "lock-changed", locked, at: now() }));
  room.on("state", ({ state }) => tell({ type: "connection-changed", state }));
  room.on("error", ({ code }) => {
    if (!SHOWN_ELSEWHERE.has(code)) tell({ type: "problem-reported", code });
  });
  room.on("closed", ({ code }) => tell({ type: "closed", code }));
}
