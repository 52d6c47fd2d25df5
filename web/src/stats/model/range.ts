/** How many days the page shows. The address holds it: `?days=90`. */
export const RANGES = [7, 30, 90, 365] as const;
/** Days, today included. */
export type Range = (typeof RANGES)[number];

const DEFAULT_RANGE: Range = 30;

/** Reads `?days=90`; without one of the ranges it is 30. */
export function readRange(url: URL): Range {
  const days = url.searchParams.get("days");
  return RANGES.find((range) => String(range) === days) ?? DEFAULT_RANGE;
}

/** The link to a range, relative to the page. */
export const rangeLink = (range: Range): string => `?days=${range}`;
