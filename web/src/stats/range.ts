/** How far back the page looks. It is in the address, so that it can be shared and reloaded. */
export const RANGES = [7, 30, 90, 365] as const;
export type Range = (typeof RANGES)[number];

export const RANGE_WORDS: Readonly<Record<Range, string>> = {
  7: "7 days",
  30: "30 days",
  90: "90 days",
  365: "1 year",
};

const USUAL: Range = 30;

/** Reads `?days=90`; anything else is 30. */
export function readRange(url: URL): Range {
  const days = url.searchParams.get("days");
  return RANGES.find((range) => String(range) === days) ?? USUAL;
}

export const rangeLink = (range: Range): string => `?days=${range}`;
