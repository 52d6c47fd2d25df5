const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Names one pair of connections: 72 random bits. */
export function createPc(): string {
  return randomId(12);
}

/** Names one report, so that it counts once: 132 random bits. */
export function createReportId(): string {
  return randomId(22);
}

/** Strictly increasing, also across page loads: it starts at the clock (docs/protocol.md §4). */
export function sequence(now = Date.now()): () => number {
  let seq = now * 1_000;
  return () => seq++;
}

function randomId(characters: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(characters));
  return Array.from(bytes, (byte) => ALPHABET[byte & 63]).join("");
}
