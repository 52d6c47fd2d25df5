/** Which language a page speaks. Pure. */

/** What the pages can speak. The first one is for everybody who asks for none of these. */
export const LANGUAGES = ["en", "de"] as const;
/** A primary language subtag (BCP 47). */
export type Language = (typeof LANGUAGES)[number];

/** What is spoken, and how its numbers and times are written. */
export interface Tongue {
  readonly language: Language;
  /** A BCP 47 tag such as `de-AT`. */
  readonly locale: string;
}

const languageOf = (tag: string): Language | undefined =>
  LANGUAGES.find((one) => tag.toLowerCase().split("-")[0] === one);

/**
 * `chosen` is what the reader has chosen on a page, `wanted` the tags that their browser asks for,
 * the most wanted first. Numbers are written as the reader's own region does, if it speaks the language.
 */
export function tongueOf(chosen: string | null, wanted: readonly string[]): Tongue {
  const spoken = [chosen ?? "", ...wanted].map(languageOf).find((one) => one !== undefined);
  const language = spoken ?? LANGUAGES[0];
  return { language, locale: wanted.find((tag) => languageOf(tag) === language) ?? language };
}
