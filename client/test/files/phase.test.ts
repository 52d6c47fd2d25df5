/** The table at the head of phase.ts. */
import { expect, test } from "vitest";
import { after, hasEnded, isActive, type Phase, type Step } from "../../src/files/phase.js";

const PHASES: Phase[] = [
  "offered",
  "accepted",
  "moving",
  "done",
  "failed",
  "declined",
  "cancelled",
];
const TABLE: [Step, offered: Phase, accepted: Phase, moving: Phase][] = [
  ["accepted", "accepted", "accepted", "moving"],
  ["declined", "declined", "accepted", "moving"],
  ["moved", "offered", "moving", "moving"],
  ["finished", "offered", "done", "done"],
  ["cancelled", "cancelled", "cancelled", "cancelled"],
  ["failed", "failed", "failed", "failed"],
];

test.each(TABLE)("%s", (step, offered, accepted, moving) => {
  expect(after("offered", step)).toBe(offered);
  expect(after("accepted", step)).toBe(accepted);
  expect(after("moving", step)).toBe(moving);
});

test("nothing follows the end", () => {
  const ended = PHASES.filter(hasEnded);
  expect(ended).toEqual(["done", "failed", "declined", "cancelled"]);
  for (const phase of ended) for (const [step] of TABLE) expect(after(phase, step)).toBe(phase);
});

test("blocks move between acceptance and end", () => {
  expect(PHASES.filter(isActive)).toEqual(["accepted", "moving"]);
});
