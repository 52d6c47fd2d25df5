/** The files of a room: the table at the head of model.ts. */
import { describe, expect, it } from "vitest";
import {
  type Files,
  hasEnded,
  isUnderWay,
  MAX_ROWS,
  NO_FILES,
  progressOf,
  stepFiles,
} from "../../src/transfers/model.js";
import { picked, row } from "./examples.js";

const BEN = { id: "b", name: "Ben" };
const CLEO = { id: "c", name: "Cleo" };
const TWO = picked("a", "b");
const withPeople = (...people: Files["people"][number][]): Files => ({ ...NO_FILES, people });

describe("files that are given", () => {
  it("go to the one other person", () => {
    const [files, send] = stepFiles(withPeople(BEN), { type: "picked", files: TWO });
    expect(send).toEqual({ files: TWO, to: "b" });
    expect(files).toEqual(withPeople(BEN));
  });

  it("wait while nobody is here, and go to whoever comes first", () => {
    const [waiting, none] = stepFiles(NO_FILES, { type: "picked", files: TWO });
    expect(none).toBeNull();
    const [more] = stepFiles(waiting, { type: "picked", files: picked("c") });
    expect(more.waiting.map(({ path }) => path)).toEqual(["a", "b", "c"]);
    const [files, send] = stepFiles(more, { type: "people-changed", people: [BEN] });
    expect(send?.files.map(({ path }) => path)).toEqual(["a", "b", "c"]);
    expect(send?.to).toBe("b");
    expect(files.waiting).toEqual([]);
    expect(stepFiles(files, { type: "people-changed", people: [BEN, CLEO] })[1]).toBeNull();
  });

  it.each([
    ["c", { files: TWO, to: "c" }],
    [null, { files: TWO }],
  ])("are asked about while several are here: %s", (to, wanted) => {
    const [asking, none] = stepFiles(withPeople(BEN, CLEO), { type: "picked", files: TWO });
    expect(none).toBeNull();
    expect(asking.choosing).toEqual(TWO);
    const [files, send] = stepFiles(asking, { type: "chosen", to });
    expect(send).toEqual(wanted);
    expect(files.choosing).toEqual([]);
  });

  it("are forgotten if nobody is chosen", () => {
    const [asking] = stepFiles(withPeople(BEN, CLEO), { type: "picked", files: TWO });
    const [files, send] = stepFiles(asking, { type: "choice-cancelled" });
    expect([files.choosing, send]).toEqual([[], null]);
    expect(stepFiles(files, { type: "chosen", to: "b" })[1]).toBeNull();
  });

  it("may be none", () => {
    const files = withPeople(BEN);
    expect(stepFiles(files, { type: "picked", files: [] })).toEqual([files, null]);
  });
});

describe("a transfer", () => {
  const moved = (files: Files, change: Parameters<typeof row>[0]): Files =>
    stepFiles(files, { type: "moved", row: row(change) })[0];

  it("is shown once, as it is now, in its place", () => {
    const files = [{ id: "1" }, { id: "2" }, { id: "1", bytes: 500 }].reduce(moved, NO_FILES);
    expect(files.rows.map(({ id, bytes }) => [id, bytes])).toEqual([
      ["1", 500],
      ["2", 0],
    ]);
  });

  it("keeps the name of whoever has gone, and gets one that comes late", () => {
    const named = moved(moved(NO_FILES, { who: "Ben" }), { who: "", state: "failed" });
    expect(named.rows[0]?.who).toBe("Ben");
    const late = moved(NO_FILES, { who: "" });
    const [files] = stepFiles(late, { type: "people-changed", people: [BEN] });
    expect(files.rows[0]?.who).toBe("Ben");
  });

  it("can be taken out of the list", () => {
    const files = moved(moved(NO_FILES, { id: "1" }), { id: "2" });
    const [next] = stepFiles(files, { type: "dismissed", id: "1" });
    expect(next.rows.map(({ id }) => id)).toEqual(["2"]);
  });

  it("that has ended goes first when there are too many", () => {
    let files = moved(NO_FILES, { id: "old" });
    files = moved(files, { id: "ended", state: "done" });
    for (let n = 0; n < MAX_ROWS - 1; n += 1) files = moved(files, { id: String(n) });
    expect(files.rows).toHaveLength(MAX_ROWS);
    expect(files.rows.map(({ id }) => id)).toContain("old");
    expect(files.rows.map(({ id }) => id)).not.toContain("ended");
  });

  it.each([
    [{ size: 1_000, bytes: 250 }, 0.25],
    [{ size: 0, bytes: 0 }, 0],
    [{ size: null, bytes: 250 }, 0],
    [{ size: 0, bytes: 0, state: "done" }, 1],
    [{ size: null, bytes: 250, state: "done" }, 1],
  ] as const)("has progress: %j", (change, progress) => {
    expect(progressOf(row(change))).toBe(progress);
  });

  it.each([
    ["down", "offered", false],
    ["up", "offered", true],
    ["down", "accepted", true],
    ["down", "paused", true],
    ["up", "moving", true],
    ["up", "done", false],
    ["down", "failed", false],
    ["up", "declined", false],
    ["down", "cancelled", false],
  ] as const)("%s and %s: lost if the page is closed: %s", (direction, state, lost) => {
    expect(isUnderWay(row({ direction, state }))).toBe(lost);
    if (hasEnded(row({ state }))) expect(lost).toBe(false);
  });
});

it("says that files could not be offered, until that is dismissed", () => {
  const [files] = stepFiles(NO_FILES, { type: "not-sent", code: "not_loaded" });
  expect(files.problem).toBe("not_loaded");
  expect(stepFiles(files, { type: "problem-dismissed" })[0].problem).toBeNull();
});
