/** What somebody has filled in on the start screen, or what a link fills in for them. */
import type { Seat } from "./seat.js";

/** Empty strings where nothing is filled in. */
export interface Form {
  /** Protocol §1; what was typed, before it is checked. */
  readonly room: string;
  /** 0–64 characters. */
  readonly name: string;
  /** An invite token, or empty. */
  readonly invite: string;
}

/** Nothing is filled in. */
export const EMPTY_FORM: Form = { room: "", name: "", invite: "" };

/** What a new room is made with. */
export interface NewRoom {
  /** Members, 2–32. */
  readonly capacity: number;
  readonly inviteOnly: boolean;
}

const ROOM = /^[A-Za-z0-9_-]{1,64}$/; // protocol §1

/** True if `text` may be the name of a room. */
export const isRoom = (text: string): boolean => ROOM.test(text);

/** Codes of the form itself: the backend never sends these, but for `invalid_room`. */
export type FormProblem = "room_missing" | "invalid_room" | "name_missing";

/** What is missing or wrong in the form; null if it is complete. A kept identity has its own name. */
export function problemIn(form: Form, seat: Seat): FormProblem | null {
  if (!form.room) return "room_missing";
  if (!isRoom(form.room)) return "invalid_room";
  return !form.name && seat.token === undefined ? "name_missing" : null;
}
