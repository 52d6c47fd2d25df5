/** What the room page calls a room. */
import { isolate } from "../language/isolate.js";
import { words } from "./page.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CONSONANTS = "bdfghjklmnprstvz";
const VOWELS = "aiou";

/**
 * The first 16 bits of a code as a word that can be said in any language: a proquint (Wilkerson, "A
 * Proposal for Proquints", 2009). A code is a key to the room; so much of it tells rooms apart.
 */
function sayable(code: string): string {
  const [a = 0, b = 0, c = 0] = [...code.slice(1, 4)].map((letter) => LETTERS.indexOf(letter));
  const bits = (a * 4_096 + b * 64 + c) >> 2;
  const consonant = (at: number): string => CONSONANTS[(bits >> at) & 15] ?? "";
  const vowel = (at: number): string => VOWELS[(bits >> at) & 3] ?? "";
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0);
}

/** What people call a room: by its own name, or by a word for it if it has a code. */
export const roomWords = (room: string): string =>
  isCode(room) ? words.room.named(sayable(room)) : room;

/** While we join: another word stands in an invite than in the room that it leads to. */
export const joiningWords = (room: string): string =>
  isCode(room) ? words.joining.joiningByCode : words.joining.joining(isolate(room));

const isCode = (room: string): boolean => room.startsWith("~");

/** The title of the browser's tab. */
export const titleWords = (room: string | null, unread: number): string =>
  room === null ? "Heliograph" : `${unread ? `(${unread}) ` : ""}${roomWords(room)} · Heliograph`;
