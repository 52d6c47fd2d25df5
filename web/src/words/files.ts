/** What the page says about files. */
import type { ErrorCode, TransferState } from "@heliograph/client";

/** What is shown of one transfer. */
export interface Shown {
  readonly direction: "up" | "down";
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

const UNITS = ["bytes", "KB", "MB", "GB", "TB"] as const;

/** "1 byte", "730 bytes", "1.5 MB": powers of 1,000, as file managers count. */
export function sizeWords(bytes: number): string {
  if (bytes === 1) return "1 byte";
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** "5 s", "2 min", "1 h 5 min". */
export function timeWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A map, because codes of strangers come here. */
const FAILED: ReadonlyMap<string | null, string> = new Map([
  ["file_corrupt", "It did not arrive as it was sent."],
  ["file_too_large", "It is too large for this browser."],
  ["file_unreadable", "The file was changed or removed meanwhile."],
  ["file_unwritable", "There is no room for it on the receiver's side."],
  ["peer_gone", "The other side has left."],
]);

const ENDED: Readonly<Partial<Record<TransferState, string>>> = {
  declined: "Not wanted",
  cancelled: "Cancelled",
};

/** One line about a transfer. */
export function transferWords(shown: Shown): string {
  const { state, size, code } = shown;
  const whole = size === null ? "" : sizeWords(size);
  if (state === "failed") return `Failed. ${FAILED.get(code) ?? "Try again."}`;
  if (state === "done") return joined(whole, shown.direction === "up" ? "Delivered" : "Received");
  if (ENDED[state]) return joined(whole, ENDED[state]);
  if (shown.interrupted) return joined(amount(shown), "Interrupted: it goes on by itself");
  if (state === "paused") return joined(amount(shown), "Paused");
  if (state === "moving") return joined(amount(shown), speed(shown), relay(shown));
  if (state === "accepted") return joined(whole, "Starting…", relay(shown));
  return joined(whole, shown.direction === "up" ? "Waiting for an answer" : "", relay(shown));
}

/** To whom, or from whom. */
export const whoWords = ({ direction, who }: Shown): string =>
  direction === "up" ? `To ${who}` : `From ${who}`;

const joined = (...parts: readonly string[]): string => parts.filter(Boolean).join(" · ");

function amount({ bytes, size }: Shown): string {
  return size === null ? sizeWords(bytes) : `${sizeWords(bytes)} of ${sizeWords(size)}`;
}

function speed({ bytesPerSecond, secondsLeft }: Shown): string {
  if (bytesPerSecond <= 0) return "";
  const left = secondsLeft === null ? "" : `${timeWords(secondsLeft)} left`;
  return joined(`${sizeWords(Math.round(bytesPerSecond))}/s`, left);
}

const relay = ({ relayed }: Shown): string => (relayed ? "Through a relay" : "");

export const SEND_FILES = "Send files";
export const DROP_HERE = "Drop the files here to send them";
export const EVERYONE = "Everyone";
/** Files wait for somebody who can get them. */
export const waitingWords = (count: number): string =>
  `${count === 1 ? "1 file waits" : `${count} files wait`} for the first person who comes.`;
export const chooseWords = (count: number): string =>
  count === 1 ? "Send the file to" : `Send the ${count} files to`;
export const NOT_SENT = "The files could not be offered. Try again.";
