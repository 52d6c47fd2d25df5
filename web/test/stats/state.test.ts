import { expect, it } from "vitest";
import { type Event, initialState, type State, step } from "../../src/stats/model/state.js";
import { example, NOW, summaryOf } from "./example.js";

const summary = summaryOf(example());
const STATES: Readonly<Record<State["reply"], State>> = {
  asking: initialState(7),
  here: { range: 7, summary, at: NOW, now: NOW, reply: "here" },
  away: { range: 7, summary, at: NOW, now: NOW, reply: "away" },
};
const EVENTS: Readonly<Record<Event["type"], Event>> = {
  "range-chosen": { type: "range-chosen", range: 90, saved: null },
  "retry-pressed": { type: "retry-pressed" },
  answered: { type: "answered", range: 7, summary, at: NOW + 1, now: NOW + 2 },
  same: { type: "same", range: 7, at: NOW + 1, now: NOW + 2 },
  away: { type: "away", range: 7 },
};

/** The reply after each event, from `asking`, `here` and `away`. */
const EXPECTED: Readonly<Record<Event["type"], readonly State["reply"][]>> = {
  "range-chosen": ["asking", "asking", "asking"],
  "retry-pressed": ["asking", "asking", "asking"],
  answered: ["here", "here", "here"],
  same: ["away", "here", "here"], // nothing is the same as no answer
  away: ["away", "away", "away"],
};

it.each(
  (Object.keys(EVENTS) as Event["type"][]).flatMap((type) =>
    (["asking", "here", "away"] as const).map((reply, at) => [reply, type, EXPECTED[type][at]]),
  ),
)("%s, %s → %s", (reply, type, expected) => {
  const before = STATES[reply as State["reply"]];
  expect(step(before, EVENTS[type as Event["type"]]).reply).toBe(expected);
});

it("takes no reply to a range that nobody looks at any more", () => {
  const state = initialState(90);
  for (const type of ["answered", "same", "away"] as const)
    expect(step(state, EVENTS[type]), type).toBe(state);
});

it("begins with what was saved of a range, and forgets the other range", () => {
  const saved = { summary: summaryOf(example(90)), at: NOW - 5 };
  const state = step(STATES.here, { type: "range-chosen", range: 90, saved });
  expect(state).toEqual({ range: 90, reply: "asking", now: 0, ...saved });
  expect(step(STATES.here, EVENTS["range-chosen"])).toEqual(initialState(90));
});

it("keeps the answer, and when it was last true, through an outage", () => {
  const away = step(STATES.here, EVENTS.away);
  expect(away).toEqual({ ...STATES.here, reply: "away" });
  expect(step(away, EVENTS.same)).toEqual({ ...STATES.here, at: NOW + 1, now: NOW + 2 });
});
