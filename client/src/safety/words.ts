/** What is hashed, and the words that a hash is (docs/protocol.md §9). Pure. */
import { LIST } from "./list.js";

/** One side of a connection. */
export interface Party {
  readonly id: string;
  /** Of its certificate: fingerprints.ts. */
  readonly fingerprint: string;
  readonly nonce: string;
}

/** 33 bits: somebody in between, who has one guess, is right once in 8,589,934,592 times. */
export const WORDS = 3;
const BITS = 11; // of a word: the list has 2,048

/** What a commitment is the SHA-256 of. */
export const commitmentText = (nonce: string): string => `heliograph safety commitment 1\n${nonce}`;

/** What the words are the SHA-256 of: the same on both sides, whichever is which. */
export function safetyText(one: Party, other: Party): string {
  const parties = one.id < other.id ? [one, other] : [other, one];
  const lines = parties.map(({ id, fingerprint, nonce }) => `${id} ${fingerprint} ${nonce}`);
  return ["heliograph safety words 1", ...lines].join("\n");
}

/** All 2,048 words, in order. */
export function allWords(): readonly string[] {
  let word = "";
  const parts = LIST.match(/\d[a-z]+/g) ?? [];
  return parts.map((part) => {
    word = word.slice(0, Number(part[0])) + part.slice(1);
    return word;
  });
}

/** The first 33 bits of a SHA-256, 11 for each word. */
export function wordsOf(sha256: ArrayBuffer): readonly string[] {
  const all = allWords();
  const bits = Array.from(new Uint8Array(sha256), (byte) => byte.toString(2).padStart(8, "0"));
  const text = bits.join("");
  return Array.from({ length: WORDS }, (_, n) => {
    const index = Number.parseInt(text.slice(n * BITS, (n + 1) * BITS), 2);
    return all[index] as string;
  });
}
