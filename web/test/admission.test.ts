import { expect, it } from "vitest";
import { judge, mayResume } from "../src/admission.js";

it("comes as someone new when the kept identity is gone", () => {
  for (const code of ["bad_token", "token_expired", "not_member", "room_not_found"])
    expect(judge(code, { token: "t" }, 0, undefined), code).toEqual({
      type: "forget",
      what: "token",
    });
});

it("does not come back by itself after a kick", () => {
  expect(judge("kicked", { token: "t" }, 0, undefined)).toEqual({
    type: "give-up",
    code: "kicked",
  });
});

it("takes a dead host token for the end of the room", () => {
  expect(judge("token_expired", { hostToken: "h" }, 0, undefined)).toEqual({
    type: "give-up",
    code: "room_not_found",
  });
});

it("waits longer and longer while the backend is away, at most 30 s", () => {
  const seconds = [0, 1, 2, 3, 4, 9].map((n) => {
    const verdict = judge("backend_away", {}, n, undefined);
    return verdict.type === "wait" ? verdict.seconds : 0;
  });
  expect(seconds).toEqual([3, 6, 12, 24, 30, 30]);
});

it("waits as long as the backend says", () => {
  expect(judge("busy", {}, 5, 2)).toEqual({ type: "wait", seconds: 2 });
});

it("gives up what only people can settle", () => {
  for (const code of ["room_full", "room_locked", "invite_used", "whatever"])
    expect(judge(code, {}, 0, undefined)).toEqual({ type: "give-up", code });
});

it("resumes under the same name or when none is asked for", () => {
  expect(mayResume({ token: "t", name: "Ada" }, "Ada")).toBe(true);
  expect(mayResume({ token: "t", name: "Ada" }, "")).toBe(true);
  expect(mayResume({ token: "t", name: "Ada" }, "Ben")).toBe(false);
  expect(mayResume({ name: "Ada" }, "Ada")).toBe(false);
});
