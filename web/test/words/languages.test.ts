import { expect, it } from "vitest";
import { LANGUAGES, tongueOf } from "../../src/language/choose.js";
import { formatsOf } from "../../src/language/formats.js";
import { page as german } from "../../src/words/de/page.js";
import { page as english } from "../../src/words/en/page.js";
import { speak, words } from "../../src/words/page.js";
import { problemWords, roomProblemWords } from "../../src/words/problems.js";
import { ENGLISH, GERMAN, SLOT } from "./texts.js";

/** What is the same in both: names, signs, and words that German took over. */
const SAME = new Set([
  "page.measures.units.mega",
  "page.measures.units.giga",
  "page.measures.units.tera",
  "page.measures.perSecond",
  "page.measures.seconds",
  "page.measures.minutes",
  "page.measures.hours",
  "page.transfer.button",
]);

it("has the same words in each language", () => {
  expect(ENGLISH.size).toBeGreaterThan(200);
  expect([...GERMAN.keys()].sort()).toEqual([...ENGLISH.keys()].sort());
});

it("says nothing in German as in English, but for a few", () => {
  const same = [...ENGLISH].filter(([path, text]) => GERMAN.get(path) === text);
  expect(new Set(same.map(([path]) => path))).toEqual(SAME);
});

it.each([...ENGLISH.keys()])("has no empty text for %s, and leaves out no value", (path) => {
  const slots = (text = ""): number => text.split(SLOT).length;
  expect(GERMAN.get(path)?.trim()).not.toBe("");
  expect(slots(GERMAN.get(path))).toBe(slots(ENGLISH.get(path)));
});

it("puts a space before three dots in German, and the German signs around words", () => {
  for (const [path, text] of GERMAN) {
    expect(text, path).not.toMatch(/\S…|["“][^“]*”/);
    expect(text, path).not.toMatch(/\b(Sie|Ihr|Ihre|Ihren|du|dein|deine)\b(?! erscheinen)/);
  }
});

it("ends what ends with a dot in one language with a dot in the other", () => {
  for (const [path, text] of ENGLISH)
    expect(/[.?]$/.test(GERMAN.get(path) ?? ""), path).toBe(/[.?]$/.test(text));
});

it("keeps German short enough for a phone", () => {
  for (const [path, text] of GERMAN) {
    const longest = Math.max(1.8 * (ENGLISH.get(path)?.length ?? 0), 28);
    expect(text.length, `${path}: ${text}`).toBeLessThanOrEqual(longest);
  }
});

it("writes numbers, plurals and lists as the language does", () => {
  const [en, de] = [formatsOf("en-US"), formatsOf("de-DE")];
  const forms = { one: "file", other: "files" };
  expect([en.count(1, forms), en.count(1_234, forms)]).toEqual(["1 file", "1,234 files"]);
  expect(de.count(1_234, { one: "Datei", other: "Dateien" })).toBe("1.234 Dateien");
  expect(de.number(1.25, { digits: 1 })).toBe("1,3");
  expect(de.number(9_007, { plain: true })).toBe("9007");
  expect([en.list(["a", "b"]), de.list(["a", "b"])]).toEqual(["a and b", "a und b"]);
  const at = new Date(2027, 2, 9, 14, 30).getTime();
  expect([en.clock(at).replace(/\s/, " "), de.clock(at)]).toEqual(["2:30 PM", "14:30"]);
});

it("takes the form of a language that has more of them than English", () => {
  const forms = { one: "plik", few: "pliki", many: "plików", other: "pliku" };
  const { count } = formatsOf("pl");
  expect([1, 3, 5].map((value) => count(value, forms))).toEqual(["1 plik", "3 pliki", "5 plików"]);
});

it.each([
  [null, ["de-AT", "en"], "de", "de-AT"],
  [null, ["fr-FR", "de", "en-US"], "de", "de"],
  [null, ["DE-de"], "de", "DE-de"],
  [null, ["en-GB", "de"], "en", "en-GB"],
  [null, ["fr", "ja-JP"], "en", "en"],
  [null, [], "en", "en"],
  [null, ["den", "x-klingon"], "en", "en"],
  ["de", ["en-US", "en"], "de", "de"],
  ["en", ["de-DE", "en-GB"], "en", "en-GB"],
  ["xx", ["de-DE"], "de", "de-DE"],
  ["", ["de-DE"], "de", "de-DE"],
])("with the choice %j speaks to readers of %j: %s (%s)", (chosen, wanted, language, locale) => {
  expect(tongueOf(chosen, wanted)).toEqual({ language, locale });
  expect(LANGUAGES).toContain(language);
});

it("speaks another language from now on, and English where its words did not come", () => {
  const tongue = { language: "de", locale: "de-DE" } as const;
  speak(german, tongue);
  expect(words.head.leave).toBe("Verlassen");
  expect(problemWords("room_full").title).toBe("Dieser Raum ist voll.");
  expect(problemWords("something_new").next).toContain("„something_new“");
  expect(roomProblemWords("busy").next).toBe("Gleich noch einmal versuchen.");
  speak(null, tongue);
  expect(words.head.leave).toBe(english(formatsOf("en")).head.leave);
});
