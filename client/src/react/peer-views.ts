/** The members of a room as values that do not change: one that differs is another object. */
import type { MediaSource, Path, Peer, PeerMedia, PeerState, Role, Room } from "../index.js";

/** A member as it was when this was made. */
export interface PeerView {
  readonly id: string;
  /** May be empty for a moment. */
  readonly name: string;
  readonly role: Role;
  readonly state: PeerState;
  readonly path: Path;
  /** The safety words, once either side has asked. */
  readonly words: readonly string[] | null;
  /** What it sends by `room.media`. */
  readonly media: ReadonlyMap<MediaSource, PeerMedia>;
  /** The live object: its connection, and `safetyWords()`. */
  readonly peer: Peer;
}

export function viewOf(peer: Peer): PeerView {
  const { id, name, role, state, path, words } = peer;
  return { id, name, role, state, path, words, media: new Map(peer.media), peer };
}

/** In the order of the room. Only `changed` is looked at anew. */
export function viewsOf(
  room: Room,
  before: readonly PeerView[],
  changed: Peer,
): readonly PeerView[] {
  const known = new Map(before.map((view) => [view.peer, view]));
  known.delete(changed);
  return [...room.peers.values()].map((peer) => known.get(peer) ?? viewOf(peer));
}
