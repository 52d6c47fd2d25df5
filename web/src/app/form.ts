/** What somebody has filled in on the start screen, or what a link fills in for them. */
import { isCode, isRoom, looksLikeCode } from "./link.js";

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
export type FormProblem = "room_missing" | "invalid_room" | "link_cut";

/** What is missing or wrong in the form; null if it is complete. Nobody needs a name. */
export function problemIn({ room }: Form): FormProblem | null {
  if (!room) return "room_missing";
  if (looksLikeCode(room)) return isCode(room) ? null : "link_cut";
  return isRoom(room) ? null : "invalid_room";
}
