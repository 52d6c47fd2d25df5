/** Which certificates a connection is protected by: the lines `a=fingerprint` (RFC 8122 §5). Pure. */

const LINE = /^a=fingerprint:(\S+) +(\S+)\s*$/gim;
/** SHA-256 as bytes in hexadecimal, with colons. */
const SHA_256 = /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/;

/**
 * The SHA-256 fingerprint of the one certificate that a description names, in capitals. Null if it
 * names none, or more than one: then a part of the connection, such as its audio, may end elsewhere.
 * Another hash beside it counts as another certificate, because nobody can tell.
 */
export function fingerprintIn(sdp: string): string | null {
  const named = [...sdp.matchAll(LINE)].map(([, hash = "", value = ""]) =>
    hash.toLowerCase() === "sha-256" ? value.toUpperCase() : "",
  );
  const [first = "", ...others] = new Set(named);
  return others.length === 0 && SHA_256.test(first) ? first : null;
}

/** A SHA-256 as such a line spells it. */
export function fingerprintOf(sha256: ArrayBuffer): string {
  const bytes = Array.from(new Uint8Array(sha256), (byte) => byte.toString(16).padStart(2, "0"));
  return bytes.join(":").toUpperCase();
}
