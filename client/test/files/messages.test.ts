/** What goes through the channel for files. */
import { describe, expect, test } from "vitest";
import { BLOCK_BYTES, parseFileMessage } from "../../src/files/messages.js";

const ID = "AbCd-_0123456789";
const HASH = "x".repeat(43);
const offer = { t: "offer", id: ID, path: "a/b.txt", size: 5, type: "text/plain" };
const GOOD: Record<string, unknown>[] = [
  offer,
  { ...offer, size: null },
  { ...offer, size: 0 },
  { ...offer, size: Number.MAX_SAFE_INTEGER },
  { ...offer, path: "" },
  { t: "start", id: ID, at: 0 },
  { t: "block", id: ID, at: BLOCK_BYTES, size: 1, hash: HASH },
  { t: "end", id: ID, at: 0, root: HASH },
  { t: "accept", id: ID, at: 0, root: HASH },
  { t: "have", id: ID, at: 7 },
  { t: "again", id: ID, at: 7 },
  { t: "decline", id: ID },
  { t: "done", id: ID },
  { t: "hold", id: ID },
  { t: "go", id: ID },
  { t: "cancel", id: ID },
  { t: "cancel", id: ID, code: "file_corrupt" },
  { t: "seen", bytes: 65_536 },
];

test.each(GOOD)("%j is read, and nothing beside what it names", (message) => {
  expect(parseFileMessage(JSON.stringify({ ...message, more: [1] }))).toEqual(message);
});

describe("junk", () => {
  test.each([
    "",
    "null",
    "[]",
    "{",
    "7",
    '{"t":"offer"}',
    JSON.stringify({ t: "launch", id: ID }),
    JSON.stringify({ ...offer, id: "short" }),
    JSON.stringify({ ...offer, id: `${ID}!` }),
    JSON.stringify({ ...offer, size: -1 }),
    JSON.stringify({ ...offer, size: 1.5 }),
    JSON.stringify({ ...offer, size: 2 ** 53 }),
    JSON.stringify({ ...offer, size: "5" }),
    JSON.stringify({ ...offer, size: undefined }),
    JSON.stringify({ ...offer, path: "x".repeat(4_097) }),
    JSON.stringify({ ...offer, path: ["a"] }),
    JSON.stringify({ ...offer, type: null }),
    JSON.stringify({ t: "start", id: ID, at: -1 }),
    JSON.stringify({ t: "block", id: ID, at: 1, size: 1, hash: HASH }),
    JSON.stringify({ t: "block", id: ID, at: 0, size: 0, hash: HASH }),
    JSON.stringify({ t: "block", id: ID, at: 0, size: BLOCK_BYTES + 1, hash: HASH }),
    JSON.stringify({ t: "block", id: ID, at: 0, size: 1, hash: "x" }),
    JSON.stringify({ t: "end", id: ID, at: 0 }),
    JSON.stringify({ t: "accept", id: ID, at: 0, root: 7 }),
    JSON.stringify({ t: "seen" }),
    JSON.stringify({ t: "seen", bytes: -1 }),
    `${JSON.stringify(offer)}${" ".repeat(40_000)}`,
  ])("%.80s", (text) => {
    expect(parseFileMessage(text)).toBeNull();
  });

  test("a reason that is none is left out", () => {
    const text = JSON.stringify({ t: "cancel", id: ID, code: 7 });
    expect(parseFileMessage(text)).toEqual({ t: "cancel", id: ID });
  });
});
