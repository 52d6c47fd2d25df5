import { expect, test } from "vitest";
import { parseSafety } from "../../src/safety/messages.js";

const VALUE = "a".repeat(43);

test.each([
  { step: "ask" },
  { step: "commit", hash: VALUE },
  { step: "nonce", nonce: VALUE },
  { step: "reveal", nonce: VALUE },
])("$step is read, and what it does not name is dropped", (message) => {
  expect(parseSafety({ ...message, more: 1 })).toEqual(message);
});

test.each([
  null,
  "ask",
  [],
  {},
  { step: "words" },
  { step: "commit" },
  { step: "commit", nonce: VALUE },
  { step: "nonce", nonce: VALUE.slice(1) },
  { step: "nonce", nonce: `${VALUE}a` },
  { step: "reveal", nonce: `${VALUE.slice(1)}=` },
  { step: "reveal", nonce: 7 },
])("%j is junk", (body) => {
  expect(parseSafety(body)).toBeNull();
});
