import { describe, expect, test } from "vitest";
import { firstAsked, homeNumber, isCode, sortBackends } from "../../src/stamps/home.js";

const code = (last: string) => `~${"x".repeat(21)}${last}`;

describe("a code", () => {
  test.each([
    [code("A"), true],
    [code("_"), true],
    [code("-"), true],
    ["x".repeat(23), false], // an open room
    [`~${"x".repeat(21)}`, false],
    [`~${"x".repeat(23)}`, false],
    [`~${"x".repeat(21)}=`, false],
    [`~${"x".repeat(21)}+`, false],
    [` ${code("A")}`, false],
    [`${code("A")}\n`, false],
    ["", false],
  ])("%j: %s", (room, is) => {
    expect(isCode(room)).toBe(is);
  });

  // The last character holds 2 bits of the block and then the 4 of the home number.
  test.each([
    ["A", 0], // 00 0000
    ["P", 15], // 00 1111
    ["Q", 0], // 01 0000
    ["R", 1], // 01 0001
    ["f", 15], // 01 1111
    ["g", 0], // 10 0000
    ["v", 15], // 10 1111
    ["w", 0], // 11 0000
    ["9", 13], // 11 1101
    ["-", 14], // 11 1110
    ["_", 15], // 11 1111
  ])("that ends with %s has home number %i", (last, home) => {
    expect(homeNumber(code(last))).toBe(home);
  });

  test("is what has a home number: an open room has none", () => {
    expect(homeNumber("tea")).toBeNull();
  });
});

describe("the backends", () => {
  test("are sorted as absolute URLs, whatever their order and form", () => {
    const sorted = ["https://a.example/api", "https://b.example/api"];
    expect(sortBackends(["https://b.example/api/", "https://A.example:443/api"])).toEqual(sorted);
    expect(sortBackends(["/api", "https://a.example/api"], "https://b.example/room")).toEqual(
      sorted,
    );
    expect(sortBackends(["https://b.example/api", "/api"], "https://a.example/")).toEqual(sorted);
  });

  test("are read without URL.canParse, which Safari 16 has not", () => {
    const { canParse } = URL;
    Object.assign(URL, { canParse: undefined });
    try {
      expect(sortBackends(["/api"], "https://a.example/")).toEqual(["https://a.example/api"]);
    } finally {
      Object.assign(URL, { canParse });
    }
  });

  test("count once", () => {
    expect(sortBackends(["/api", "https://a.example/api/"], "https://a.example/")).toEqual([
      "https://a.example/api",
    ]);
  });

  test("keep their ports and paths apart", () => {
    const backends = ["http://localhost:7072/api", "http://localhost:7071/api"];
    expect(sortBackends(backends)).toEqual([...backends].reverse());
  });

  test.each<[string, string[]]>([
    ["none", []],
    ["a path without a page", ["/api"]],
    ["no URL", ["https://"]],
    ["another scheme", ["ftp://a.example/api"]],
    ["a query", ["https://a.example/api?x=1"]],
    ["a fragment", ["https://a.example/api#x"]],
    ["more than a home number can name", [...Array(17)].map((_, n) => `https://a${n}.example/api`)],
  ])("are refused: %s", (_, backends) => {
    expect(() => sortBackends(backends)).toThrow(
      expect.objectContaining({ code: "invalid_options" }),
    );
  });
});

describe("the stamp that is asked first", () => {
  test.each<[string, number, number]>([
    [code("A"), 1, 0],
    [code("A"), 2, 0],
    [code("R"), 2, 1],
    [code("S"), 2, 0],
    [code("S"), 3, 2],
    [code("_"), 16, 15],
    ["a", 2, 1],
    ["b", 2, 0],
    ["tea", 3, (116 + 101 + 97) % 3],
    ["tea", 1, 0],
  ])("for %s of %i", (room, stamps, first) => {
    expect(firstAsked(room, stamps)).toBe(first);
  });
});
