import type { LeftReason } from "@heliograph/client";
import { expect, it } from "vitest";
import { plain } from "../../src/language/isolate.js";
import { joinedNote, kickedNote, leftNote, lockNote, nameOf } from "../../src/words/notes.js";
import { words } from "../../src/words/page.js";
import { joiningWords, roomWords, titleWords } from "../../src/words/room.js";
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

it("calls a created room by a word that can be said, made of the beginning of its code", () => {
  expect(roomWords("tea")).toBe("tea");
  expect(roomWords(CODE)).toBe("Room hanot");
  expect(titleWords(CODE, 2)).toBe("(2) Room hanot · Heliograph");
  expect(roomWords(`~AAAA${CODE.slice(5)}`)).toBe("Room babab");
  expect(roomWords(`~___8${CODE.slice(5)}`)).toBe("Room zuzuz");
  const beginnings = Array.from(
    { length: 64 },
    (_, n) => `~A${"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[n]}A`,
  );
  expect(new Set(beginnings.map(roomWords)).size).toBe(64);
});

it("calls a room by its name while we join, and does not say the word of an invite", () => {
  expect(plain(joiningWords("tea"))).toBe("Joining tea…");
  expect(joiningWords(CODE)).toBe("Joining the room…");
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
