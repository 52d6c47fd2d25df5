/**
 * The hashes of a file: SHA-256 of each block, and over these the root (docs/protocol.md §8). The
 * browser computes them outside of JavaScript, and each block can be checked as it comes.
 */
import { BLOCK_BYTES } from "./messages.js";

const HASH_BYTES = 32;

/** In base64url. */
export async function hashOf(bytes: BufferSource): Promise<string> {
  return toText(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** Of the blocks of one file, in order. */
export class Hashes {
  readonly #texts: string[];

  constructor(texts: readonly string[] = []) {
    this.#texts = [...texts];
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  /** Sets the hash of the block at this byte; those after it are forgotten if it is another. */
  set(at: number, hash: string): void {
    const index = at / BLOCK_BYTES;
    if (this.#texts[index] === hash) return;
    this.#texts.length = Math.min(index, this.#texts.length);
    this.#texts.push(hash);
  }

  /** Over the blocks before this byte; null if we do not have all of them. */
  async root(at: number): Promise<string | null> {
    const count = Math.ceil(at / BLOCK_BYTES);
    if (count > this.#texts.length) return null;
    const all = new Uint8Array(count * HASH_BYTES);
    for (let n = 0; n < count; n += 1) all.set(toBytes(this.#texts[n] ?? ""), n * HASH_BYTES);
    return hashOf(all);
  }
}

function toText(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function toBytes(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
