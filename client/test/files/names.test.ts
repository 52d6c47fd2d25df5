/** Names that strangers send. */
import { describe, expect, test } from "vitest";
import { nameIn, safeName, safePath } from "../../src/files/names.js";

const RTL = String.fromCodePoint(0x202e);
const ISOLATE = String.fromCodePoint(0x2066);
const ZERO_WIDTH = String.fromCodePoint(0x200b);

describe("a name", () => {
  test.each([
    ["holiday.jpg", "holiday.jpg"],
    ["Grüße an Jürgen.txt", "Grüße an Jürgen.txt"],
    ["שלום.pdf", "שלום.pdf"],
    ["写真.png", "写真.png"],
    [".gitignore", ".gitignore"],
    ["a  b", "a  b"],
    // Out of its folder.
    ["../../.bashrc", ".._.._.bashrc"],
    ["C:\\Windows\\win.ini", "C__Windows_win.ini"],
    // Not what it seems.
    [`photo${RTL}gpj.exe`, "photogpj.exe"],
    [`${ISOLATE}a${ZERO_WIDTH}b.txt`, "ab.txt"],
    ["a\u0000b\r\nc\u007f.txt", "abc.txt"],
    ["half \ud83d a character", "half  a character"],
    // What Windows does not take.
    ["con", "_con"],
    ["COM1.txt", "_COM1.txt"],
    ["console.log", "console.log"],
    ['<a>:"b"|c?*.txt', "_a___b__c__.txt"],
    ["trailing. . ", "trailing"],
    // Nothing left.
    ["", "file"],
    ["..", "file"],
    [" \t ", "file"],
    [RTL, "file"],
  ])("%j → %j", (name, safe) => {
    expect(safeName(name)).toBe(safe);
    expect(safeName(safe)).toBe(safe);
  });

  test("has at most 255 bytes, and keeps its extension", () => {
    const bytes = (text: string) => new TextEncoder().encode(text).length;
    const long = safeName(`${"ü".repeat(300)}.tar.gz`);
    expect(bytes(long)).toBeLessThanOrEqual(255);
    expect(bytes(long)).toBeGreaterThan(250);
    expect(long.endsWith(".gz")).toBe(true);
    expect(safeName(`a.${"x".repeat(300)}`)).toHaveLength(255);
    expect(safeName("😀".repeat(100))).toBe("😀".repeat(63)); // never half a character
  });
});

describe("a path", () => {
  test.each([
    ["a.txt", "a.txt"],
    ["photos/2026/a.jpg", "photos/2026/a.jpg"],
    ["photos\\2026\\a.jpg", "photos/2026/a.jpg"],
    ["/etc/passwd", "etc/passwd"],
    ["../../a/./b/../c.txt", "a/b/c.txt"],
    [`a/.${RTL}./b`, "a/b"],
    ["a//b", "a/b"],
    ["a/b/", "a/b"],
    ["con/aux.txt", "_con/_aux.txt"],
    ["", "file"],
    ["../..", "file"],
  ])("%j → %j", (path, safe) => {
    expect(safePath(path)).toBe(safe);
    expect(safePath(safe)).toBe(safe);
    expect(safe.split("/")).not.toContain("..");
  });

  test("has at most 32 folders", () => {
    expect(safePath(`${"a/".repeat(100)}b`).split("/")).toHaveLength(33);
  });

  test("names its file", () => {
    expect(nameIn("a/b/c.txt")).toBe("c.txt");
    expect(nameIn("c.txt")).toBe("c.txt");
  });
});
