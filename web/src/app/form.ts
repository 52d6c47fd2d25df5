/** What somebody has filled in on the start screen, or what a link fills in for them. */
import { isCode, isRoom, looksLikeCode } from "./link.js";
import type { Seat } from "./seat.js";

/** Empty strings where nothing is filled in. */
export interface Form {
  /** The name of a room or a code; what was typed, before it is checked. */
  readonly room: string;
  /** 0–64 characters. */
  readonly name: string;
}

/** Nothing is filled in. */
export const EMPTY_FORM: Form = { room: "", name: "" };

/** What a new room is made with. */
export interface NewRoom {
  /** Members, 2–32. */
  readonly capacity: number;
  readonly inviteOnly: boolean;
}

/** Codes of the form itself: the backend never sends these, but for `invalid_room`. */
export type FormProblem = "room_missing" | "invalid_room" | "link_cut" | "name_missing";

/** What is missing or wrong in the form; null if it is complete. Who was inside has a name already. */
export function problemIn(form: Form, seat: Pick<Seat, "inside">): FormProblem | null {
  if (!form.room) return "room_missing";
  if (looksLikeCode(form.room)) {
    if (!isCode(form.room)) return "link_cut";
  } else if (!isRoom(form.room)) return "invalid_room";
  return !form.name && !seat.inside ? "name_missing" : null;
}
