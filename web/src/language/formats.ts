/** Numbers, times and plurals as a language writes them (ECMA-402). Pure. */

/** The forms of a word, by the categories of Unicode that the language has: English has two. */
export type Forms = Readonly<
  Partial<Record<Intl.LDMLPluralRule, string>> & Record<"other", string>
>;

export interface Formats {
  /** With so many digits after the point, and without marks between thousands if `plain`. */
  number(value: number, options?: { readonly digits?: number; readonly plain?: boolean }): string;
  /** The number and the form that goes with it: `1 person`, `5 people`. */
  count(value: number, forms: Forms): string;
  /** Milliseconds since 1970, in the reader's time zone: `14:30`. */
  clock(at: number): string;
  /** `a, b and c`. */
  list(parts: readonly string[]): string;
}

/** `locale` is a BCP 47 tag. */
export function formatsOf(locale: string): Formats {
  const rules = new Intl.PluralRules(locale);
  const time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
  const list = new Intl.ListFormat(locale);
  const number: Formats["number"] = (value, { digits = 0, plain = false } = {}) =>
    new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: !plain,
    }).format(value);
  return {
    number,
    count: (value, forms) => `${number(value)} ${forms[rules.select(value)] ?? forms.other}`,
    clock: (at) => time.format(at),
    list: (parts) => list.format(parts),
  };
}
