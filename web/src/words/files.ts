/** What the page says about files. */
import type { ErrorCode, TransferState } from "@heliograph/client";
import { nameIn } from "./notes.js";
import { formats, words } from "./page.js";

/** What is shown of one transfer. */
export interface Shown {
  readonly direction: "up" | "down";
  /** The name of the other side. */
  readonly who: string;
  readonly size: number | null;
  readonly bytes: number;
  readonly state: TransferState;
  readonly interrupted: boolean;
  readonly relayed: boolean;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
  readonly code: ErrorCode | null;
}

const UNITS = ["kilo", "mega", "giga", "tera"] as const;

/** "1 byte", "730 bytes", "1.5 MB": powers of 1,000, as file managers count. */
export function sizeWords(bytes: number): string {
  if (bytes < 999.5) return words.measures.bytes(bytes);
  let value = bytes / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = value < 99.95 ? 1 : 0;
  return `${formats.number(value, { digits, plain: true })} ${words.measures.units[UNITS[unit] ?? "tera"]}`;
}

/** "5 s", "2 min", "1 h 5 min". */
export function timeWords(seconds: number): string {
  const { measures } = words;
  if (seconds < 60) return measures.seconds(Math.max(1, Math.ceil(seconds)));
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return measures.minutes(minutes);
  return measures.hours(Math.floor(minutes / 60), minutes % 60);
}

/** Codes of strangers come here. */
function whyFailed(code: string | null): string {
  const { why } = words.transfer;
  return why[code !== null && Object.hasOwn(why, code) ? (code as keyof typeof why) : "other"];
}

/** One line about a transfer. */
export function transferWords(shown: Shown): string {
  const { state, size, code, direction } = shown;
  const said = words.transfer;
  const whole = size === null ? "" : sizeWords(size);
  if (state === "failed") return said.failed(whyFailed(code));
  if (state === "done") return joined(whole, direction === "up" ? said.delivered : said.received);
  if (state === "declined" || state === "cancelled") return joined(whole, said[state]);
  if (shown.interrupted) return joined(amount(shown), said.interrupted);
  if (state === "paused") return joined(amount(shown), said.paused);
  if (state === "moving") return joined(amount(shown), speed(shown), relay(shown));
  if (state === "accepted") return joined(whole, said.starting, relay(shown));
  return joined(whole, direction === "up" ? said.waiting : "", relay(shown));
}

/** To whom, or from whom. */
export const whoWords = ({ direction, who }: Shown): string =>
  direction === "up" ? words.transfer.to(nameIn(who)) : words.transfer.from(nameIn(who));

const joined = (...parts: readonly string[]): string => parts.filter(Boolean).join(" · ");

function amount({ bytes, size }: Shown): string {
  return size === null ? sizeWords(bytes) : words.transfer.of(sizeWords(bytes), sizeWords(size));
}

function speed({ bytesPerSecond, secondsLeft }: Shown): string {
  if (bytesPerSecond <= 0) return "";
  const time = secondsLeft === null ? "" : words.transfer.left(timeWords(secondsLeft));
  return joined(words.measures.perSecond(sizeWords(Math.round(bytesPerSecond))), time);
}

const relay = ({ relayed }: Shown): string => (relayed ? words.transfer.relayed : "");
