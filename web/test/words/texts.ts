/** Every text of a table of words: what its functions make, too. */
import type { Formats } from "../../src/language/formats.js";
import { page as germanPage } from "../../src/words/de/page.js";
import { stats as germanStats } from "../../src/words/de/stats.js";
import { page as englishPage } from "../../src/words/en/page.js";
import { stats as englishStats } from "../../src/words/en/stats.js";

/** Stands for what is put into a sentence. */
export const SLOT = "◆";

/** Writes a slot for each value, in the form for many. */
const SLOTS: Formats = {
  number: () => SLOT,
  count: (_, forms) => `${SLOT} ${forms.other}`,
  clock: () => SLOT,
  list: (parts) => parts.join(` ${SLOT} `),
};

type Sentence = (...values: unknown[]) => string;

/** By the path of each word, such as `start.lead`. */
export function textsOf(table: unknown, path = ""): Map<string, string> {
  if (typeof table === "string") return new Map([[path, table]]);
  if (typeof table === "function") return new Map([[path, sentence(table as Sentence)]]);
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(table as object)) {
    const parts = textsOf(value, path ? `${path}.${key}` : key);
    for (const [name, text] of parts) found.set(name, text);
  }
  return found;
}

/** Some take a list, and some a word of the program: `day`. */
function sentence(make: Sentence): string {
  const tries = [[SLOT, SLOT], [[SLOT, SLOT]], ["day"]];
  for (const values of tries) {
    try {
      const text = make(...values);
      if (!text.includes("undefined")) return text;
    } catch {
      // It takes something else.
    }
  }
  throw new Error(`no text of ${make}`);
}

const all = (page: typeof englishPage, stats: typeof englishStats): Map<string, string> =>
  new Map([...textsOf(page(SLOTS), "page"), ...textsOf(stats(SLOTS), "stats")]);

export const ENGLISH = all(englishPage, englishStats);
export const GERMAN = all(germanPage, germanStats);
