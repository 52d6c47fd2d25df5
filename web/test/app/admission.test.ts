import { expect, it } from "vitest";
import { isTemporary, nextTry } from "../../src/app/admission.js";

it("comes as someone new when the kept identity is gone", () => {
  for (const code of [
    "bad_token",
    "token_expired",
    "not_member",
    "wrong_room",
    "peer_not_found",
    "room_not_found",
  ])
    expect(nextTry({ code }, { token: "t" }, 0), code).toEqual({ type: "without-token" });
});

it("does not come back by itself after a kick", () => {
  expect(nextTry({ code: "kicked" }, { token: "t" }, 0)).toEqual({ type: "stop", code: "kicked" });
});

it("takes a dead host token for the end of the room", () => {
  expect(nextTry({ code: "token_expired" }, { hostToken: "h" }, 0)).toEqual({
    type: "stop",
    code: "room_not_found",
  });
});

it("names the code itself to a guest without a token", () => {
  expect(nextTry({ code: "not_member" }, { invite: "i" }, 0)).toEqual({
    type: "stop",
    code: "not_member",
  });
});

it("tries the host token before it takes the room for ended", () => {
  const seat = { token: "t", hostToken: "h" };
  expect(nextTry({ code: "token_expired" }, seat, 0)).toEqual({ type: "without-token" });
});

it("waits longer and longer while the backend is away, at most 30 s", () => {
  const seconds = [0, 1, 2, 3, 4, 9].map((retries) => {
    const next = nextTry({ code: "backend_away" }, {}, retries);
    return next.type === "wait" ? next.seconds : 0;
  });
  expect(seconds).toEqual([3, 6, 12, 24, 30, 30]);
});

it("waits as long as the backend says", () => {
  expect(nextTry({ code: "busy", retryAfterSeconds: 2 }, {}, 5)).toEqual({
    type: "wait",
    seconds: 2,
  });
});

it("keeps the identity while it waits", () => {
  for (const code of ["backend_away", "unavailable", "busy"])
    expect(nextTry({ code }, { token: "t" }, 0).type, code).toBe("wait");
});

it("gives up what only people can settle", () => {
  for (const code of ["room_full", "room_locked", "invite_used", "rate_limited", "whatever"])
    expect(nextTry({ code }, {}, 0)).toEqual({ type: "stop", code });
});

it("calls temporary what goes away without the user", () => {
  expect(["backend_away", "unavailable", "busy"].every(isTemporary)).toBe(true);
  expect(["rate_limited", "room_full", "internal"].some(isTemporary)).toBe(false);
});
