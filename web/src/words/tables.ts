/** Where the words of a language are loaded from, for those who speak it. */
import type { Language } from "../language/choose.js";
import type { PageTable } from "./en/page.js";

/** English comes with the screens, so it is not here. */
const TABLES: Readonly<Record<Exclude<Language, "en">, () => Promise<{ page: PageTable }>>> = {
  de: () => import("./de/page.js"),
};

/** Null for English, and where the words cannot be loaded: a page in English is better than none. */
export const pageTable = async (language: Language): Promise<PageTable | null> =>
  language === "en"
    ? null
    : TABLES[language]().then(
        ({ page }) => page,
        () => null,
      );
