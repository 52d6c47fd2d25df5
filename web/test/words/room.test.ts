import type { LeftReason } from "@heliograph/client";
import { expect, it } from "vitest";
import { plain } from "../../src/language/isolate.js";
import { joinedNote, kickedNote, leftNote, lockNote, nameOf } from "../../src/words/notes.js";
import { words } from "../../src/words/page.js";
import { roomWords, titleWords } from "../../src/words/room.js";
import { CODE } from "../app/examples.js";

it("calls somebody without a name Guest", () => {
  expect(nameOf("")).toBe("Guest");
  expect(plain(joinedNote(""))).toBe("Guest joined");
  expect(plain(leftNote("", "expired"))).toBe("Guest did not come back");
});

it.each([
  ["left", "Ada left"],
  ["kicked", "Ada was removed by the host"],
  ["expired", "Ada did not come back"],
  ["something_new", "Ada left"],
  ["constructor", "Ada left"],
])("says for the reason %s: %s", (reason, said) => {
  expect(plain(leftNote("Ada", reason as LeftReason))).toBe(said);
});

it("says what the lock does, and who did it", () => {
  expect(lockNote(true, true)).toMatch(/^You locked .*nobody new/);
  expect(lockNote(false, true)).toBe("You unlocked the room.");
  expect(lockNote(true, false)).toMatch(/^The host locked .*nobody new/);
  expect(lockNote(false, false)).toBe("The host unlocked the room.");
});

it("says after a kick whether the person can come back", () => {
  expect(kickedNote({ byInvite: false })).toMatch(/can come in, also the person/);
  expect(kickedNote({ byInvite: true })).toMatch(/lets nobody in/);
});

it("calls a created room by the first letters of its code, and never by the whole code", () => {
  expect(roomWords("tea")).toBe("tea");
  expect(roomWords(CODE)).toBe("Room Qm3x");
  expect(titleWords(CODE, 2)).toBe("(2) Room Qm3x · Heliograph");
});

it("has words for each path and each state, and an explanation for each path", () => {
  const { paths, pathsMean, states } = words.people;
  expect(Object.keys(paths)).toEqual(Object.keys(pathsMean));
  for (const said of [...Object.values(pathsMean), ...Object.values(states)])
    expect(said).toMatch(/^[A-Z]/);
});

it("shows the room and the unread messages in the title", () => {
  expect(titleWords(null, 0)).toBe("Heliograph");
  expect(titleWords("tea", 0)).toBe("tea · Heliograph");
  expect(titleWords("tea", 3)).toBe("(3) tea · Heliograph");
});
