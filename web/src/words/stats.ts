/** What the statistics page says, in the language that it speaks now: as `page.ts`. */
import type { Language, Tongue } from "../language/choose.js";
import { formatsOf } from "../language/formats.js";
import { stats as english, type StatsTable, type StatsWords } from "./en/stats.js";

export let language: Language = "en";
export let words: StatsWords = english(formatsOf(language));

/** English comes with the page, so it is not here. */
const TABLES: Readonly<Record<Exclude<Language, "en">, () => Promise<{ stats: StatsTable }>>> = {
  de: () => import("./de/stats.js"),
};

/** Speaks from now on; English where the words cannot be loaded. Gives what it speaks. */
export async function speak(tongue: Tongue): Promise<Tongue> {
  if (tongue.language === "en") {
    words = english(formatsOf(tongue.locale));
    return tongue;
  }
  const loaded = await TABLES[tongue.language]().catch(() => null);
  if (!loaded) return { language: "en", locale: "en" };
  language = tongue.language;
  words = loaded.stats(formatsOf(tongue.locale));
  return tongue;
}
