import { expect, it } from "vitest";
import { CANDIDATE_TYPES, PHASES } from "../../src/stats/answer/summary.js";
import { failureWords } from "../../src/stats/model/words.js";
import { words } from "../../src/words/stats.js";

it("has words of its own for each step and each candidate type", () => {
  const said = [
    ...PHASES.map((phase) => words.phases[phase]),
    ...CANDIDATE_TYPES.map((type) => words.candidateTypes[type]),
  ];
  expect(new Set(said).size).toBe(PHASES.length + CANDIDATE_TYPES.length);
  for (const word of said) expect(word).toMatch(/^[A-Z]/);
});

it.each([
  ["failed-ice", "found no path"],
  ["failed-dtls", "could not agree on keys"],
  ["failed-signaling", "did not reach each other"],
  ["left-early", "left before it was up"],
  ["other", "ended for other reasons"],
])("says for the outcome %s that calls %s", (outcome, said) => {
  expect(failureWords(outcome)).toBe(said);
});

it.each(["something-new", "constructor", "__proto__"])(
  "shows the outcome %s, which it does not know, as it is",
  (outcome) => {
    expect(failureWords(outcome)).toBe(outcome);
  },
);

it("says why a figure is missing without saying the figure", () => {
  expect(words.withheld.tooFew("10")).toBe("fewer than 10");
  expect(words.withheld.why("10")).toContain("fewer than 10 calls are not shown");
});
