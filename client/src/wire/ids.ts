const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const MOMENT_KEY = "heliograph.moment";
const MOMENT_STEP_MS = 1_000; // of `seq`: room for what a page sends before the next one is loaded
const MAX_MOMENT = 9e12; // `seq` stays below 2^53

/** A new name for a pair of connections (`pc` of docs/protocol.md §4): 72 random bits. */
export function createPc(): string {
  return randomId(12);
}

/** A new name for a file that is sent: 96 random bits. */
export function createFileId(): string {
  return randomId(16);
}

/** A new secret, 132 random bits: our peer id is made of it (docs/protocol.md §2). */
export function createSecret(): string {
  return randomId(22);
}

/**
 * The clock, in ms since 1970; or a second after the last moment that was given in this browser, if
 * the clock was set back since. What begins at a moment is newer for others than all before it: the
 * next load of a page has to be, or they take it for the one that has left (docs/protocol.md §1).
 */
export function nextMoment(): number {
  let moment = Date.now();
  try {
    const last = Number(localStorage.getItem(MOMENT_KEY));
    if (last < MAX_MOMENT) moment = Math.max(moment, last + MOMENT_STEP_MS);
    localStorage.setItem(MOMENT_KEY, `${moment}`);
  } catch {
    // The browser stores nothing: then the clock has to do.
  }
  return moment;
}

/**
 * Answers the next `seq` at each call: strictly increasing, also across page loads, because it
 * starts at a moment of its own, in µs (docs/protocol.md §4).
 */
export function sequence(moment: number): () => number {
  let seq = moment * 1_000;
  return () => seq++;
}

function randomId(characters: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(characters));
  return Array.from(bytes, (byte) => ALPHABET[byte & 63]).join("");
}
