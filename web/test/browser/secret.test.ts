import { expect, it } from "vitest";
import { isSecret } from "../../src/app/seat.js";
import { randomSecret } from "../../src/base/secret.js";

it("draws secrets that the backend takes, of 22 characters, and never one twice", () => {
  const drawn = Array.from({ length: 1_000 }, randomSecret);
  expect(drawn.every(isSecret)).toBe(true);
  expect(drawn.every(({ length }) => length === 22)).toBe(true);
  expect(new Set(drawn).size).toBe(drawn.length);
  expect(new Set(drawn.join("")).size).toBe(64); // every letter of base64url comes up
});
