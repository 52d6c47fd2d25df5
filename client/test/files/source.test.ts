/** Blocks of what is sent. */
import { expect, test } from "vitest";
import { BLOCK_BYTES } from "../../src/files/messages.js";
import { sourceOf } from "../../src/files/source.js";

const bytes = (length: number, seed = 0) =>
  Uint8Array.from({ length }, (_, n) => (n * 31 + seed) % 251);

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next) controller.enqueue(next);
      else controller.close();
    },
  });
}

const WHOLE = bytes(2 * BLOCK_BYTES + 17);
const cut = (sizes: readonly number[]) => {
  const ends = sizes.map((_, n) => sizes.slice(0, n + 1).reduce((sum, size) => sum + size, 0));
  return sizes.map((size, n) => WHOLE.subarray((ends[n] ?? 0) - size, ends[n]));
};

const isSame = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0;

test.each([
  ["a file", () => new Blob([WHOLE])],
  ["a stream in one piece", () => streamOf([WHOLE])],
  [
    "a stream in odd pieces",
    () => streamOf(cut([1, 70_000, 0, BLOCK_BYTES, WHOLE.length - BLOCK_BYTES - 70_001])),
  ],
])("%s is read in blocks, the last one short, then nothing", async (_, make) => {
  const source = sourceOf(make());
  const first = await source.read(0);
  expect(first).toHaveLength(BLOCK_BYTES);
  expect(isSame(first, WHOLE.subarray(0, BLOCK_BYTES))).toBe(true);
  expect(isSame(await source.read(0), first)).toBe(true); // again, as long as it is not released
  const ahead = [source.read(BLOCK_BYTES), source.read(2 * BLOCK_BYTES)];
  expect((await Promise.all(ahead)).map((each) => each.length)).toEqual([BLOCK_BYTES, 17]);
  expect(await source.read(2 * BLOCK_BYTES + 17)).toHaveLength(0);
});

test("a stream of whole blocks ends with nothing", async () => {
  const source = sourceOf(streamOf([WHOLE.subarray(0, BLOCK_BYTES)]));
  expect(await source.read(0)).toHaveLength(BLOCK_BYTES);
  expect(await source.read(BLOCK_BYTES)).toHaveLength(0);
});

test("what was released of a stream cannot be read any more", async () => {
  const source = sourceOf(streamOf([WHOLE]));
  await source.read(0);
  await source.read(BLOCK_BYTES);
  source.release(BLOCK_BYTES);
  await expect(source.read(0)).rejects.toThrow(RangeError);
  expect(await source.read(BLOCK_BYTES)).toHaveLength(BLOCK_BYTES);
});

test("a stream that fails says so at the block that it fails in", async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("no disk")),
  });
  await expect(sourceOf(stream).read(0)).rejects.toThrow("no disk");
});
