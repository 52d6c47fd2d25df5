import { expect, it } from "vitest";
import { joinedNote, leftNote, passes, problemWords } from "../src/words.js";

const EXPECTED = [
  "room_full",
  "room_locked",
  "kicked",
  "invite_required",
  "bad_invite",
  "invite_used",
  "invite_expired",
  "invalid_name",
  "invalid_room",
  "backend_away",
  "unavailable",
  "busy",
  "rate_limited",
  "proof_required",
  "bad_proof",
  "unsupported",
  "replaced",
];

it.each(EXPECTED)("says what %s is and what to do next, without the code", (code) => {
  const { title, next } = problemWords(code);
  expect(title).toMatch(/[.!]$/);
  expect(next).toMatch(/[.!]$/);
  expect(title + next).not.toContain(code);
});

it.each(["something_new", "constructor", "__proto__"])(
  "shows the code %s it does not know",
  (code) => {
    expect(problemWords(code).next).toContain(code);
  },
);

it("promises to try again by itself exactly where the page does", () => {
  for (const code of EXPECTED)
    expect(/by itself/.test(problemWords(code).next), code).toBe(passes(code));
});

it("calls the nameless something", () => {
  expect(joinedNote("")).toBe("Guest joined");
  expect(leftNote("", "lost")).toBe("Guest lost the connection");
});
