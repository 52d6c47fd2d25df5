import type { LeftReason } from "@heliograph/client";
import { expect, it } from "vitest";
import {
  joinedNote,
  leftNote,
  lockNote,
  nameOf,
  PATH_MEANS,
  PATH_WORDS,
  STATE_WORDS,
  titleWords,
} from "../../src/words/room.js";

it("calls somebody without a name Guest", () => {
  expect(nameOf("")).toBe("Guest");
  expect(joinedNote("")).toBe("Guest joined");
  expect(leftNote("", "expired")).toBe("Guest did not come back");
});

it.each([
  ["left", "Ada left"],
  ["kicked", "Ada was removed by the host"],
  ["expired", "Ada did not come back"],
  ["something_new", "Ada left"],
  ["constructor", "Ada left"],
])("says for the reason %s: %s", (reason, words) => {
  expect(leftNote("Ada", reason as LeftReason)).toBe(words);
});

it("says what the lock does", () => {
  expect(lockNote(true)).toMatch(/nobody new/);
  expect(lockNote(false)).toMatch(/unlocked/);
});

it("has words for each path and each state, and an explanation for each path", () => {
  expect(Object.keys(PATH_WORDS)).toEqual(Object.keys(PATH_MEANS));
  for (const words of [...Object.values(PATH_MEANS), ...Object.values(STATE_WORDS)])
    expect(words).toMatch(/^[A-Z]/);
});

it("shows the room and the unread messages in the title", () => {
  expect(titleWords(null, 0)).toBe("Heliograph");
  expect(titleWords("tea", 0)).toBe("tea · Heliograph");
  expect(titleWords("tea", 3)).toBe("(3) tea · Heliograph");
});
