import type { LeftReason } from "@heliograph/client";
import { expect, it } from "vitest";
import { joinedNote, kickedNote, leftNote, lockNote, nameOf } from "../../src/words/notes.js";
import {
  PATH_MEANS,
  PATH_WORDS,
  roomWords,
  STATE_WORDS,
  titleWords,
} from "../../src/words/room.js";
import { CODE } from "../app/examples.js";

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

it("says what the lock does, and who did it", () => {
  expect(lockNote(true, true)).toMatch(/^You locked .*nobody new/);
  expect(lockNote(false, true)).toBe("You unlocked the room.");
  expect(lockNote(true, false)).toMatch(/^The host locked .*nobody new/);
  expect(lockNote(false, false)).toBe("The host unlocked the room.");
});

it("says after a kick whether the person can come back", () => {
  expect(kickedNote({ byInvite: false, locked: false })).toMatch(/can come in, also the person/);
  expect(kickedNote({ byInvite: false, locked: true })).toBe("");
  for (const locked of [false, true])
    expect(kickedNote({ byInvite: true, locked })).toMatch(/lets nobody in/);
});

it("calls a created room by the first letters of its code, and never by the whole code", () => {
  expect(roomWords("tea")).toBe("tea");
  expect(roomWords(CODE)).toBe("Room Qm3x");
  expect(titleWords(CODE, 2)).toBe("(2) Room Qm3x · Heliograph");
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
