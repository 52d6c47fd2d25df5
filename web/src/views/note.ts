import type { Happening } from "../app/log.js";
import { joinedNote, kickedNote, leftNote, lockNote } from "../words/notes.js";

/** A note of the log, in words. */
export function noteWords(what: Happening): string {
  switch (what.type) {
    case "joined":
      return joinedNote(what.name);
    case "left":
      return leftNote(what.name, what.reason);
    case "lock-changed":
      return lockNote(what.locked, what.ours);
    case "kicked":
      return kickedNote(what);
  }
}
