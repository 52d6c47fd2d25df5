import type { Browser } from "../wire/report.js";

/** What we read of `navigator`. */
export interface Agent {
  readonly userAgent: string;
  readonly userAgentData?: { readonly brands?: readonly { readonly brand: string }[] };
}

/** The family of the browser's engine. */
export function browserOf({ userAgent, userAgentData }: Agent): Browser {
  if (userAgentData?.brands?.some(({ brand }) => brand === "Chromium")) return "chromium";
  // In this order: a browser's user agent also contains the names of those that come after it.
  if (/\bFirefox\//.test(userAgent)) return "firefox";
  if (/\b(Headless)?Chrom(e|ium)\//.test(userAgent)) return "chromium";
  return /\bAppleWebKit\//.test(userAgent) ? "safari" : "other";
}
