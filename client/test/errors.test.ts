import { describe, expect, test } from "vitest";
import { HeliographError } from "../src/errors.js";
import { parseReply } from "../src/wire/parse.js";

describe("errors", () => {
  test("an error knows its code, and status and pause if there are any", () => {
    const error = new HeliographError("busy", "Try again.", { status: 503, retryAfter: 2 });
    expect(error).toMatchObject({
      name: "HeliographError",
      code: "busy",
      status: 503,
      retryAfter: 2,
    });
    expect(new HeliographError("aborted", "").status).toBeUndefined();
  });

  test("a refusal of the hub is read, anything else is a yes", () => {
    const refusal = { ok: false, code: "rate_limited", message: "Slower.", retryAfter: 1 };
    expect(parseReply(refusal)).toEqual(refusal);
    expect([{ ok: true }, null, 1, { ok: false }].map((v) => parseReply(v).ok)).toEqual(
      Array(4).fill(true),
    );
  });
});
