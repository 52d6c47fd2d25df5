/** What the application may send: limits in characters, bytes and levels. */
import { describe, expect, test } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { checkData, checkText } from "../../src/room/content.js";
import { fitForServer } from "../../src/room/fit.js";

/** The answer of an action, or the code of the error that it throws. */
function codeOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error instanceof HeliographError ? error.code : error;
  }
}

describe("a text", () => {
  test.each<[string, string, string | undefined]>([
    ["one character", "a", undefined],
    ["4,096 characters", "a".repeat(4_096), undefined],
    ["4,096 characters of four bytes", "🙂".repeat(4_096), undefined],
    ["4,097 characters", "a".repeat(4_097), "too_large"],
    ["4,097 characters of four bytes", "🙂".repeat(4_097), "too_large"],
    ["no character", "", "invalid_message"],
    ["a space", " ", undefined],
  ])("of %s is taken, or refused with a code", (_, text, code) => {
    expect(codeOf(() => checkText(text))).toBe(code);
  });
});

describe("data", () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

  test.each([null, 0, "", false, [], {}, { a: [null, { b: "é" }] }])("of %j is taken", (data) => {
    expect(checkData(data)).toEqual(data);
  });

  test("is what the receiver will read: as JSON has it", () => {
    const date = new Date("2026-11-25T12:00:00Z");
    expect(checkData({ date, gone: undefined, nan: Number.NaN, list: [undefined] })).toEqual({
      date: "2026-11-25T12:00:00.000Z",
      nan: null,
      list: [null],
    });
  });

  test("is a copy: what the application changes later does not travel", () => {
    const data = { list: [1] };
    const copy = checkData(data);
    data.list.push(2);
    expect(copy).toEqual({ list: [1] });
  });

  test("has at most 15 levels, for the envelope is one", () => {
    expect(codeOf(() => checkData(deep(15)))).toEqual(deep(15));
    expect(codeOf(() => checkData(deep(16)))).toBe("too_large");
  });

  test("that is no JSON is refused", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const data of [undefined, 1n, circle, () => 1, Symbol("s")]) {
      expect(codeOf(() => checkData(data))).toBe("invalid_message");
    }
  });
});

describe("an envelope for the server", () => {
  const envelope = (body: string) => ({ v: 1 as const, seq: 1, kind: "data" as const, body });
  const overhead = JSON.stringify(envelope("")).length;

  test("is passed on as it is up to 32,768 bytes", () => {
    const largest = envelope("a".repeat(32_768 - overhead));
    expect(fitForServer(largest)).toBe(largest);
    expect(codeOf(() => fitForServer(envelope("a".repeat(32_769 - overhead))))).toBe("too_large");
  });

  test("is measured in bytes of UTF-8, with what JSON escapes", () => {
    expect(codeOf(() => fitForServer(envelope("é".repeat(16_000))))).toMatchObject({ seq: 1 });
    expect(codeOf(() => fitForServer(envelope("é".repeat(16_400))))).toBe("too_large");
    expect(codeOf(() => fitForServer(envelope('"'.repeat(16_400))))).toBe("too_large");
  });
});
