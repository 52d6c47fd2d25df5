import { describe, expect, test } from "vitest";
import { HeliographError } from "../../src/errors.js";
import { checkData, checkText, fitForServer } from "../../src/room/content.js";

describe("content", () => {
  const code = (action: () => unknown): unknown => {
    try {
      return action();
    } catch (error) {
      return error instanceof HeliographError ? error.code : error;
    }
  };

  test("a text has 1 to 4,096 characters, however many bytes they take", () => {
    expect(code(() => checkText("🙂".repeat(4_096)))).toBeUndefined();
    expect(code(() => checkText("🙂".repeat(4_097)))).toBe("too_large");
    expect(code(() => checkText(""))).toBe("invalid_message");
  });

  test("data is JSON of limited depth", () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    expect(code(() => checkData({ a: [null] }))).toEqual({ a: [null] });
    expect(code(() => checkData(deep(15)))).toEqual(deep(15));
    expect(code(() => checkData(deep(16)))).toBe("too_large");
    expect(code(() => checkData(undefined))).toBe("invalid_message");
    expect(code(() => checkData(1n))).toBe("invalid_message");
  });

  test("what the server would refuse is refused here", () => {
    const envelope = (body: string) => ({ v: 1 as const, seq: 1, kind: "data" as const, body });
    expect(code(() => fitForServer(envelope("é".repeat(16_000))))).toMatchObject({ seq: 1 });
    expect(code(() => fitForServer(envelope("é".repeat(16_400))))).toBe("too_large");
  });
});
