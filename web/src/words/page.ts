/**
 * What the room page says, in the language that it speaks now. Views read it when they draw: what is
 * read when a file is loaded stays English.
 */
import type { Language, Tongue } from "../language/choose.js";
import { type Formats, formatsOf } from "../language/formats.js";
import { page as english, type PageTable, type PageWords } from "./en/page.js";

export type { PageTable, PageWords };

export let language: Language = "en";
export let formats: Formats = formatsOf(language);
export let words: PageWords = english(formats);

/**
 * Speaks another language from now on; what is drawn already has to be drawn again. Without a table
 * it speaks English.
 */
export function speak(table: PageTable | null, tongue: Tongue): void {
  const isKnown = table !== null || tongue.language === "en";
  language = isKnown ? tongue.language : "en";
  formats = formatsOf(isKnown ? tongue.locale : language);
  words = (table ?? english)(formats);
}
