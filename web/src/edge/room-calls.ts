/** What the page asks of the room it is in, and the event that each answer is. */
import type { Room } from "@heliograph/client";
import type { EffectOf } from "../app/effects.js";
import type { Event, HostCall } from "../app/events.js";
import { codeOf } from "./sdk-values.js";

/** One question to a room. */
export interface RoomCall {
  /** Resolves with what the answer says; rejects with what the SDK throws. */
  ask(room: Room): Promise<Event>;
  /** What a rejection says. */
  failed(error: unknown): Event;
}

/** Sends a text to everyone in the room. */
export const sendText = ({ entry, text }: EffectOf<"send-text">): RoomCall => ({
  ask: async (room) => ({ type: "text-sent", entry, via: await room.sendText(text) }),
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

/** `page` is the address of the page. */
export const invite = ({ options }: EffectOf<"invite">, page: () => string): RoomCall => ({
  async ask(room) {
    const made = await room.invite(options);
    return { type: "invite-made", invite: made.invite, page: page() };
  },
  failed: hostCallFailed("invite"),
});

function hostCallFailed(call: HostCall): (error: unknown) => Event {
  return (error) => ({ type: "host-call-failed", call, code: codeOf(error) });
}
