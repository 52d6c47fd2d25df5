/** Random texts that nobody can guess. */

const BYTES = 16; // 128 bits

/** 22 characters `A-Z a-z 0-9 - _`: 128 random bits in base64url (RFC 4648 §5). */
export function randomSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
