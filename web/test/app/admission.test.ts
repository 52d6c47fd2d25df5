import { expect, it } from "vitest";
import { isPassing, isTemporary, nextTry } from "../../src/app/admission.js";

it("comes as a guest when the host token is good for nothing: the room says what is true", () => {
  for (const code of ["bad_token", "token_expired", "wrong_room"]) {
    expect(nextTry({ code }, true, 0), code).toEqual({ type: "as-guest" });
    expect(nextTry({ code }, false, 0), code).toEqual({ type: "stop" });
  }
});

it("does not come back by itself after a kick, nor into a room that has ended", () => {
  for (const code of ["kicked", "room_not_found"])
    for (const host of [true, false]) expect(nextTry({ code }, host, 0)).toEqual({ type: "stop" });
});

it("waits longer and longer while the backend is away, at most 30 s", () => {
  const seconds = [0, 1, 2, 3, 4, 9].map((retries) => {
    const next = nextTry({ code: "backend_away" }, false, retries);
    return next.type === "wait" ? next.seconds : 0;
  });
  expect(seconds).toEqual([3, 6, 12, 24, 30, 30]);
});

it("waits as long as the backend says", () => {
  expect(nextTry({ code: "busy", retryAfterSeconds: 2 }, false, 5)).toEqual({
    type: "wait",
    seconds: 2,
  });
});

it("gives up what only people can settle", () => {
  for (const code of ["room_full", "room_locked", "invite_used", "invite_revoked", "whatever"])
    expect(nextTry({ code }, false, 0)).toEqual({ type: "stop" });
});

it("calls temporary what goes away without the user", () => {
  expect(["backend_away", "unavailable", "busy"].every(isTemporary)).toBe(true);
  expect(["rate_limited", "room_full", "internal"].some(isTemporary)).toBe(false);
});

it("calls passing what is over as soon as something works", () => {
  expect(["backend_away", "unavailable", "busy", "rate_limited"].every(isPassing)).toBe(true);
  expect(["too_large", "not_host", "internal"].some(isPassing)).toBe(false);
});
