const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A new name for a pair of connections (`pc` of docs/protocol.md §4): 72 random bits. */
export function createPc(): string {
  return randomId(12);
}

/** A new report id: 132 random bits, so that the same report sent twice counts once. */
export function createReportId(): string {
  return randomId(22);
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
 * Answers the next `seq` at each call: strictly increasing, also across page loads, because it
 * starts at the clock in µs (docs/protocol.md §4). `now`: ms since 1970.
 */
export function sequence(now = Date.now()): () => number {
  let seq = now * 1_000;
  return () => seq++;
}

function randomId(characters: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(characters));
  return Array.from(bytes, (byte) => ALPHABET[byte & 63]).join("");
}
