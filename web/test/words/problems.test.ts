import type { BackendCode, ClientCode } from "@heliograph/client";
import { describe, expect, it } from "vitest";
import { isPassing, isTemporary } from "../../src/app/admission.js";
import type { FormProblem } from "../../src/app/form.js";
import { problemWords, roomProblemWords } from "../../src/words/problems.js";

/** Every code of protocol §6 and of the SDK. The compiler finds a code that is missing here. */
type Shown = BackendCode | ClientCode | FormProblem;
const WORDS_OF_ITS_OWN: Readonly<Record<Shown, boolean>> = {
  room_full: true,
  room_locked: true,
  room_not_found: true,
  invite_required: true,
  invite_used: true,
  invite_revoked: true,
  invite_expired: true,
  invalid_name: true,
  invalid_room: true,
  link_cut: true,
  room_missing: true,
  kicked: true,
  replaced: true,
  not_member: true,
  bad_token: true,
  token_expired: true,
  closed: true,
  backend_away: true,
  unavailable: true,
  busy: true,
  rate_limited: true,
  day_full: true,
  proof_required: true,
  bad_proof: true,
  unsupported: true,
  connection_failed: true,
  negotiation_failed: true,
  ice_server_refused: true,
  too_large: true,
  invalid_message: true,
  peer_not_found: true,
  not_host: true,
  not_connected: true,
  undelivered: false, // the message itself says so
  no_answer: true,
  safety_mismatch: true,
  // Faults of a program, not of its user: shown with the code, to be reported.
  invalid_json: false,
  unknown_kind: false,
  missing_to: false,
  length_required: false,
  invalid_options: false,
  invalid_secret: false,
  missing_token: false,
  wrong_room: false,
  internal: false,
  bad_answer: false,
  unexpected: false,
  // Never shown: the user has just done it.
  aborted: false,
  left: false,
};
const CODES = Object.keys(WORDS_OF_ITS_OWN) as Shown[];
const known = CODES.filter((code) => WORDS_OF_ITS_OWN[code]);
const unknown = CODES.filter((code) => !WORDS_OF_ITS_OWN[code]);

describe("the words for an error code", () => {
  it.each(known)("%s say what happened and what to do next, without the code", (code) => {
    const { title, next } = problemWords(code);
    expect(title).not.toBe("Something went wrong.");
    expect(title).toMatch(/[.!]$/);
    expect(next).toMatch(/[.!]$/);
    expect(title + next).not.toContain(code);
  });

  it.each([...unknown, "something_new", "constructor", "__proto__"])(
    "%s name the code, so that it can be reported",
    (code) => {
      const { title, next, remedy } = problemWords(code);
      expect(title).toBe("Something went wrong.");
      expect(next).toContain(`“${code}”`);
      expect(remedy).toBe("retry");
    },
  );

  it("promise to try again by itself exactly where the page does", () => {
    for (const code of CODES)
      expect(/by itself/.test(problemWords(code).next), code).toBe(isTemporary(code));
  });

  it("offer to try again where that can help, and to come back where the place is free", () => {
    const remedies = (remedy: string): string[] =>
      known.filter((code) => problemWords(code).remedy === remedy).sort();
    expect(remedies("retry")).toEqual([
      "backend_away",
      "bad_proof",
      "busy",
      "proof_required",
      "rate_limited",
      "room_full",
      "room_locked",
      "unavailable",
    ]);
    expect(remedies("return")).toEqual([
      "bad_token",
      "closed",
      "not_member",
      "replaced",
      "token_expired",
    ]);
  });

  it("are short enough for a phone", () => {
    for (const code of CODES) expect(problemWords(code).next.length, code).toBeLessThan(125);
  });
});

describe("the words for an error code inside a room", () => {
  it("promise nothing: nobody waits to be let in, and the page does not try again", () => {
    for (const code of CODES.filter(isTemporary)) {
      const { title, next, remedy } = roomProblemWords(code);
      expect(title, code).toMatch(/^That was not done: .*\.$/);
      expect(next, code).toMatch(/^Do it again /);
      expect(title + next, code).not.toMatch(/by itself|lets you in/);
      expect(remedy, code).toBe("none");
      expect(next.length, code).toBeLessThan(125);
      expect(isPassing(code), code).toBe(true);
    }
  });

  it("are the same as outside for all other codes", () => {
    for (const code of [...CODES.filter((one) => !isTemporary(one)), "constructor"])
      expect(roomProblemWords(code), code).toEqual(problemWords(code));
  });
});
