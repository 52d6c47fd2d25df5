/** What is said if the words of the page cannot be loaded either. */
import type { Language } from "../language/choose.js";

export const BROKEN: Readonly<Record<Language, string>> = {
  en: "The page could not be loaded whole. Please load it again.",
  de: "Die Seite wurde nicht ganz geladen. Bitte neu laden.",
};
