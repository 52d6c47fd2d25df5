import type { Browser } from "../wire/report.js";

export interface Agent {
  readonly userAgent: string;
  readonly userAgentData?: { readonly brands?: readonly { readonly brand: string }[] };
}

export function browserOf({ userAgent, userAgentData }: Agent): Browser {
  if (userAgentData?.brands?.some(({ brand }) => brand === "Chromium")) return "chromium";
  // In this order, for each also calls itself those that come after it.
  if (/\bFirefox\//.test(userAgent)) return "firefox";
  if (/\b(Headless)?Chrom(e|ium)\//.test(userAgent)) return "chromium";
  return /\bAppleWebKit\//.test(userAgent) ? "safari" : "other";
}
