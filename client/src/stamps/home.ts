/** Codes of created rooms, and which stamp is asked first (docs/protocol.md §2). Pure. */
import { HeliographError } from "../errors.js";

const CODE = /^~[A-Za-z0-9_-]{22}$/;
/** Base64url, in the order of its values (RFC 4648 §5). */
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** A code has 132 bits: a block of 128, and the home number in the 4 that are left. */
const HOME_NUMBERS = 16;

/** Is it the code of a created room, or an invite to one? All other names are open rooms. */
export function isCode(room: string): boolean {
  return CODE.test(room);
}

/** The home number of a code, 0–15; null for an open room. */
export function homeNumber(room: string): number | null {
  return isCode(room) ? BASE64URL.indexOf(room.slice(-1)) % HOME_NUMBERS : null;
}

/**
 * The backends as absolute URLs without a slash at the end, each once, in the order of their UTF-16
 * units. So all clients give the stamps the same numbers, whatever page they are on. `base`: the
 * page's address, for "/api". Throws `invalid_options` for an empty list, for more than 16, and for
 * what is no http(s) URL.
 */
export function sortBackends(backends: readonly string[], base?: string): string[] {
  const sorted = [...new Set(backends.map((backend) => absolute(backend, base)))].sort();
  if (sorted.length >= 1 && sorted.length <= HOME_NUMBERS) return sorted;
  throw new HeliographError("invalid_options", `Name 1 to ${HOME_NUMBERS} backends.`);
}

/**
 * The number of the stamp that is asked first: of a created room its home, of an open one by the sum
 * of the UTF-16 units of its name, so that all clients ask the same one.
 */
export function firstAsked(room: string, stamps: number): number {
  return (homeNumber(room) ?? sumOfUnits(room)) % stamps;
}

function sumOfUnits(text: string): number {
  let sum = 0;
  for (let n = 0; n < text.length; n += 1) sum += text.charCodeAt(n);
  return sum;
}

/** Not by `URL.canParse`, which Safari 16 has not. */
function absolute(backend: string, base: string | undefined): string {
  try {
    const { protocol, search, hash, href } = new URL(backend, base);
    if (/^https?:$/.test(protocol) && !search && !hash) return href.replace(/\/+$/, "");
  } catch {
    // It is no URL.
  }
  throw new HeliographError(
    "invalid_options",
    "A backend is an http or https URL without a query.",
  );
}
