/** SHA-256 of blocks, and of their hashes. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Hashes, hashOf } from "../../src/files/hashes.js";
import { BLOCK_BYTES } from "../../src/files/messages.js";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
const text = (hash: Uint8Array) => Buffer.from(hash).toString("base64url");

test("a hash is SHA-256 in base64url", async () => {
  for (const bytes of [new Uint8Array(), new Uint8Array([1, 2, 3]), new Uint8Array(100_000)]) {
    expect(await hashOf(bytes)).toBe(text(sha256(bytes)));
  }
});

test("the root is over the hashes of the blocks, as far as they are known", async () => {
  const blocks = [new Uint8Array([1]), new Uint8Array([2]), new Uint8Array([3])].map(sha256);
  const hashes = new Hashes();
  blocks.forEach((hash, n) => void hashes.set(n * BLOCK_BYTES, text(hash)));
  expect(await hashes.root(0)).toBe(text(sha256(new Uint8Array())));
  expect(await hashes.root(2 * BLOCK_BYTES)).toBe(text(sha256(Buffer.concat(blocks.slice(0, 2)))));
  const all = text(sha256(Buffer.concat(blocks)));
  expect(await hashes.root(3 * BLOCK_BYTES)).toBe(all);
  expect(await hashes.root(2 * BLOCK_BYTES + 17)).toBe(all); // the last block is short
  expect(await hashes.root(3 * BLOCK_BYTES + 1)).toBeNull();
});

test("a block that is another one now makes those after it unknown", async () => {
  const hashes = new Hashes(["a", "b", "c"]);
  hashes.set(BLOCK_BYTES, "b");
  expect(hashes.texts).toEqual(["a", "b", "c"]);
  hashes.set(BLOCK_BYTES, "x");
  expect(hashes.texts).toEqual(["a", "x"]);
});
