/** What the page asks of the room it is in, and the event that each answer is. */
import type { Room } from "@heliograph/client";
import type { EffectOf } from "../app/effects.js";
import type { Event, HostCall } from "../app/events.js";
import { newInvite } from "../app/host.js";
import { codeOf } from "./sdk-values.js";
import type { World } from "./world.js";

/** One question to a room. */
export interface RoomCall {
  /**
   * Resolves with what the answer says; rejects with what the SDK throws. `tell` takes what is known
   * only later.
   */
  ask(room: Room, tell: (event: Event) => void): Promise<Event>;
  /** What a rejection says. */
  failed(error: unknown): Event;
}

/** Sends a text to everyone in the room. */
export const sendText = ({ entry, text }: EffectOf<"send-text">): RoomCall => ({
  async ask(room, tell) {
    const sending = room.sendText(text);
    const via = await sending;
    const settled = (missed: readonly string[]) => tell({ type: "text-settled", entry, missed });
    sending.delivered.then(
      (peers) => peers.length > 0 && settled([]), // else nobody was there
      ({ peers }) => settled(peers),
    );
    return { type: "text-sent", entry, via };
  },
  failed: (error) => ({ type: "text-failed", entry, code: codeOf(error) }),
});

/** `now` is in milliseconds since 1970. */
export const kick = ({ id }: EffectOf<"kick">, now: () => number): RoomCall => ({
  async ask(room) {
    await room.kick(id);
    return { type: "kicked", at: now() };
  },
  failed: hostCallFailed("kick"),
});

/** `now` is in milliseconds since 1970. */
export const lock = ({ locked }: EffectOf<"lock">, now: () => number): RoomCall => ({
  async ask(room) {
    await room.lock(locked);
    return { type: "lock-changed", locked, at: now() };
  },
  failed: hostCallFailed("lock"),
});

/** An invite, whose time counts from the moment we ask for it. */
export const invite = (
  { options, call }: EffectOf<"invite">,
  { now, address }: Pick<World, "now" | "address">,
): RoomCall => ({
  async ask(room) {
    const asked = now();
    const made = await room.invite(options);
    const { uses, ttl: ttlSeconds } = options;
    const account = newInvite(made.invite, { uses, ttlSeconds }, asked);
    return { type: "invite-made", invite: account, page: address(), at: now() };
  },
  failed: hostCallFailed(call),
});

function hostCallFailed(call: HostCall): (error: unknown) => Event {
  return (error) => ({ type: "host-call-failed", call, code: codeOf(error) });
}
