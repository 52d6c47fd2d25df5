import { describe, expect, test } from "vitest";
import { HeliographError } from "../src/errors.js";

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
});
