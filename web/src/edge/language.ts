/** The language of the page: what the reader has chosen in this browser goes before what it asks for. */
import { type Language, type Tongue, tongueOf } from "../language/choose.js";
import { type OpenStorage, readText, writeText } from "./records.js";

const KEY = "heliograph.language";

/** `wanted` are the tags that the browser asks for. */
export const readTongue = (open: OpenStorage, wanted: readonly string[]): Tongue =>
  tongueOf(readText(open, KEY), wanted);

/** Remembers the choice for all pages and visits. */
export const keepLanguage = (open: OpenStorage, language: Language): void =>
  writeText(open, KEY, language);
