import { describe, expect, it } from "vitest";
import { type Screen, screenOf } from "../../src/stats/model/screen.js";
import { initialState, type State, step } from "../../src/stats/model/state.js";
import { ENGLISH, example, few, NOW, summaryOf } from "./example.js";

const screen = (state: State): Screen => screenOf(state, ENGLISH);
const answered = (json: unknown): State =>
  step(initialState(7), {
    type: "answered",
    range: 7,
    summary: summaryOf(json),
    at: NOW,
    now: NOW,
  });
const afterOutage = (state: State): State => step(state, { type: "away", range: 7 });

describe("before any answer", () => {
  it("keeps the place of the figures", () => {
    expect(screen(initialState(7))).toEqual({
      type: "full",
      when: "Asking…",
      problem: "",
      demo: false,
    });
  });

  it("has nothing but the problem to show when there is none", () => {
    const away = afterOutage(initialState(7));
    expect(screen(away)).toMatchObject({
      type: "away",
      when: "",
      problem: expect.stringMatching(/by itself/),
    });
    const retried = step(away, { type: "retry-pressed" });
    expect(screen(retried)).toMatchObject({ type: "full", problem: "" });
  });
});

describe("with an answer", () => {
  it("shows it, and from when it is", () => {
    expect(screen(answered(example()))).toMatchObject({ type: "full", when: "As of 14:30" });
  });

  it("takes the later of the two times: the backend's, and ours when it said `same`", () => {
    const same = step(answered(example()), {
      type: "same",
      range: 7,
      at: NOW + 60_000,
      now: NOW + 60_000,
    });
    expect(screen(same).when).toBe("As of 14:31");
    const early = step(answered(example()), {
      type: "same",
      range: 7,
      at: NOW - 60_000,
      now: NOW,
    });
    expect(screen(early).when).toBe("As of 14:30");
  });

  it("says the day too where the backend could not look for more than an hour", () => {
    const hour = 3_600_000;
    const resting = (now: number) =>
      step(answered(example()), { type: "same", range: 7, at: NOW, now });
    expect(screen(resting(NOW + hour)).when).toBe("As of 14:30");
    expect(screen(resting(NOW + hour + 1)).when).toBe("As of 9 Mar 2027, 14:30");
  });

  it("marks demonstration data", () => {
    expect(screen(answered(example())).demo).toBe(false);
    expect(screen(answered(example(7, { demo: true }))).demo).toBe(true);
  });

  it("keeps it while the backend is away, and says how old it is", () => {
    expect(screen(afterOutage(answered(example())))).toMatchObject({
      type: "full",
      when: "As of 14:30",
      problem: expect.stringContaining("9 Mar 2027, 14:30"),
    });
  });
});

describe("with nothing to show", () => {
  const withheld = [{ day: "2027-03-09", calls: null, peers: null }];

  it("says that nobody has called", () => {
    const nobody = { ...few(), total: { calls: 0, peers: 0 } };
    for (const json of [nobody, few()])
      expect(screen(answered(json))).toMatchObject({ type: "empty", title: "No calls yet" });
  });

  it("says that too few have called", () => {
    expect(screen(answered({ ...few(), daily: withheld }))).toMatchObject({
      title: "Too few calls to show",
      words: expect.stringContaining("fewer than 10 calls are not shown"),
    });
  });

  it("says that too few have called in this range", () => {
    const json = { ...few(), daily: withheld, total: { calls: 40, peers: 80 } };
    expect(screen(answered(json))).toMatchObject({
      title: "Too few calls in this range",
      words: expect.stringContaining("In all there were 40: choose a longer range."),
    });
  });

  it("says so during an outage too, beside the problem", () => {
    expect(screen(afterOutage(answered(few())))).toMatchObject({
      type: "empty",
      problem: expect.stringContaining("the last ones we got"),
    });
  });
});
