/** What the room page calls a room. */
import { words } from "./page.js";

/** A code is a key to the room: its first letters are enough to tell rooms apart. */
export const roomWords = (room: string): string =>
  room.startsWith("~") ? words.room.named(room.slice(1, 5)) : room;

/** The title of the browser's tab. */
export const titleWords = (room: string | null, unread: number): string =>
  room === null ? "Heliograph" : `${unread ? `(${unread}) ` : ""}${roomWords(room)} · Heliograph`;
