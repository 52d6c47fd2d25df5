import { expect, it } from "vitest";
import { isSecret } from "../../src/app/seat.js";

it.each(["a".repeat(22), "Az09-_".repeat(10), "x".repeat(64)])("takes %s for a secret", (text) => {
  expect(isSecret(text)).toBe(true);
});

it.each(["", "a".repeat(21), "x".repeat(65), `${"a".repeat(22)}\n`, "ä".repeat(22), 7, null])(
  "does not take %j for a secret",
  (text) => {
    expect(isSecret(text)).toBe(false);
  },
);
