import { expect, it } from "vitest";
import { isolate, piecesOf, plain } from "../../src/language/isolate.js";
import { joinedNote, nameOf } from "../../src/words/notes.js";

it.each([
  ["Ada", "Ada"],
  ["שרה", "שרה"],
  ["evil\u202egpj.exe", "evilgpj.exe"],
  ["\u2067a\u2069b\u2066c", "abc"],
  ["a\u061cb\u200ec\u200fd", "abcd"],
  ["👩\u200d🔬", "👩\u200d🔬"], // joins an emoji, and turns nothing around
])("takes from %j what turns text around: %j", (text, left) => {
  expect(plain(text)).toBe(left);
  expect(isolate(text)).toBe(`\u2068${left}\u2069`);
});

it("calls somebody whose name is nothing but marks Guest", () => {
  expect(nameOf("\u202e\u2069")).toBe("Guest");
});

it("lets no name end its own isolation", () => {
  const note = joinedNote("Eve\u2069 left. \u202edetcennoc uoY");
  expect(note.match(/[\u2066-\u2069\u202a-\u202e]/g)).toEqual(["\u2068", "\u2069"]);
  expect(piecesOf(note)).toEqual([
    { text: "Eve left. detcennoc uoY", isolated: true },
    { text: " joined", isolated: false },
  ]);
});

it("cuts a sentence at each name, and none where there is none", () => {
  expect(piecesOf(`${isolate("a")} to ${isolate("b")}.`).map(({ text }) => text)).toEqual([
    "a",
    " to ",
    "b",
    ".",
  ]);
  expect(piecesOf("no name")).toEqual([{ text: "no name", isolated: false }]);
  expect(piecesOf("")).toEqual([]);
});
