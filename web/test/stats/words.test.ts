import { expect, it } from "vitest";
import { CANDIDATE_TYPES, PHASES } from "../../src/stats/answer/summary.js";
import {
  CANDIDATE_TYPE_WORDS,
  failureWords,
  PHASE_WORDS,
  tooFew,
  whyTooFew,
} from "../../src/stats/model/words.js";

it("has words of its own for each step and each candidate type", () => {
  const words = [
    ...PHASES.map((phase) => PHASE_WORDS[phase]),
    ...CANDIDATE_TYPES.map((type) => CANDIDATE_TYPE_WORDS[type]),
  ];
  expect(new Set(words).size).toBe(PHASES.length + CANDIDATE_TYPES.length);
  for (const word of words) expect(word).toMatch(/^[A-Z]/);
});

it.each([
  ["failed-ice", "found no path"],
  ["failed-dtls", "could not agree on keys"],
  ["failed-signaling", "did not reach each other"],
  ["left-early", "left before it was up"],
  ["other", "ended for other reasons"],
])("says for the outcome %s that calls %s", (outcome, words) => {
  expect(failureWords(outcome)).toBe(words);
});

it.each(["something-new", "constructor", "__proto__"])(
  "shows the outcome %s, which it does not know, as it is",
  (outcome) => {
    expect(failureWords(outcome)).toBe(outcome);
  },
);

it("says why a figure is missing without saying the figure", () => {
  expect(tooFew("10")).toBe("fewer than 10");
  expect(whyTooFew("10")).toContain("fewer than 10 calls are not shown");
});
