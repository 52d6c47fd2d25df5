/**
 * Keeps the link of a host good: which effects follow when the invite in it has changed, or may be
 * spent. Pure. The rules of one invite are in `host.ts`.
 */
import type { Effect } from "./effects.js";
import { goodFor, RENEW_AGAIN_MS, renewal } from "./host.js";
import { isByInvite, type RoomView } from "./room.js";

/** A room, and what to do about its link. */
export type Kept = readonly [room: RoomView, effects: readonly Effect[]];

const startTimer = (ms: number): Effect => ({ type: "start-timer", timer: "invite", ms });

/** After `before` became `room` at `at` (milliseconds since 1970). */
export function keepLink(before: RoomView, room: RoomView, at: number): Kept {
  if (room.invite === null || room.invite === before.invite) return [room, []];
  const [next, effects] = watchLink(room, at);
  return [next, [{ type: "keep-invite", room: room.id, invite: room.invite }, ...effects]];
}

/** Waits until the invite may be spent; asks for another one if it may be by now. */
export function watchLink(room: RoomView, at: number): Kept {
  if (room.invite === null) return [room, []];
  const ms = goodFor(room.invite, at);
  return ms > 0 ? [room, [startTimer(ms)]] : renewLink(room);
}

/** Asks for another invite, if the link is one and the user is its host. */
export function renewLink(room: RoomView): Kept {
  if (room.self.role !== "host" || !isByInvite(room) || room.makingInvite) return [room, []];
  const ask: Effect = { type: "invite", call: "renew", options: renewal(room.capacity) };
  return [{ ...room, makingInvite: true }, [ask]];
}

/** After the backend gave us none. */
export const renewLater = (): readonly Effect[] => [startTimer(RENEW_AGAIN_MS)];
