import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  allWords,
  commitmentText,
  type Party,
  safetyText,
  wordsOf,
} from "../../src/safety/words.js";

interface Vector {
  name: string;
  parties: [Party, Party];
  commits: string;
  commitment: string;
  words: string[];
}

const url = new URL("../../../tests/vectors/safety.json", import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(url, "utf8"));

const sha256 = (text: string): Promise<ArrayBuffer> =>
  crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));

async function wordsFor(one: Party, other: Party): Promise<readonly string[]> {
  return wordsOf(await sha256(safetyText(one, other)));
}

test.each(vectors)("words: $name", async ({ parties: [one, other], words }) => {
  expect(await wordsFor(one, other)).toEqual(words);
  expect(await wordsFor(other, one)).toEqual(words);
});

test.each(vectors)("who commits, and to what: $name", async (vector) => {
  const { parties, commits, commitment } = vector;
  const [first] = [...parties].sort((one, other) => (one.id > other.id ? -1 : 1));
  expect(first?.id).toBe(commits);
  const hash = await sha256(commitmentText(first?.nonce ?? ""));
  expect(Buffer.from(hash).toString("base64url")).toBe(commitment);
});

test("every part of what is hashed changes the words", async () => {
  const [vector] = vectors;
  const [one, other] = vector?.parties ?? [];
  if (!one || !other) throw new Error("no vector");
  const flipped = (text: string) => text.replace(/[A-Z]/, (found) => (found === "A" ? "B" : "A"));
  const changed: Party[] = [
    { ...one, id: flipped(one.id) },
    { ...one, fingerprint: flipped(one.fingerprint) },
    { ...one, nonce: flipped(one.nonce) },
  ];
  const all = await Promise.all([one, ...changed].map((party) => wordsFor(party, other)));
  expect(new Set(all.map((words) => words.join(" "))).size).toBe(4);
});

test("the first and the last word of the list can come", () => {
  const hash = (...bytes: number[]) => new Uint8Array([...bytes, ...Array(28).fill(0)]).buffer;
  expect(wordsOf(hash(0, 0, 0, 0))).toEqual(["abandon", "abandon", "abandon"]);
  expect(wordsOf(hash(255, 255, 255, 255))).toEqual(["zoo", "zoo", "zone"]); // bit 33 is 0
});

describe("the list", () => {
  const all = allWords();

  test("has 2,048 words that differ in their first four letters, in order", () => {
    expect(all).toHaveLength(2_048);
    expect(new Set(all.map((word) => word.slice(0, 4))).size).toBe(2_048);
    expect([...all].sort()).toEqual(all);
    expect(all.filter((word) => !/^[a-z]{3,8}$/.test(word))).toEqual([]);
  });

  test("is that of BIP-39", async () => {
    const published = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda";
    const hash = await sha256(`${all.join("\n")}\n`); // english.txt
    expect(Buffer.from(hash).toString("hex")).toBe(published);
  });
});
