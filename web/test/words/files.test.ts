import { describe, expect, it } from "vitest";
import { plain } from "../../src/language/isolate.js";
import { sizeWords, timeWords, transferWords, whoWords } from "../../src/words/files.js";
import { row } from "../transfers/examples.js";

it.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1_000, "1.0 KB"],
  [1_500_000, "1.5 MB"],
  [99_940_000, "99.9 MB"],
  [99_960_000, "100 MB"],
  [999_600_000, "1.0 GB"],
  [2 ** 53 - 1, "9007 TB"],
])("%i bytes: %s", (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});

it.each([
  [0.2, "1 s"],
  [59, "59 s"],
  [60, "1 min"],
  [3_599, "1 h 0 min"],
  [3_900, "1 h 5 min"],
])("%d seconds: %s", (seconds, words) => {
  expect(timeWords(seconds)).toBe(words);
});

describe("a transfer", () => {
  const moving = { state: "moving", size: 40e6, bytes: 12e6, bytesPerSecond: 3e6 } as const;

  it.each([
    [{}, "1.0 KB"],
    [{ direction: "up" }, "1.0 KB · Waiting for an answer"],
    [{ direction: "up", relayed: true }, "1.0 KB · Waiting for an answer · Through a relay"],
    [{ state: "accepted" }, "1.0 KB · Starting…"],
    [{ ...moving, secondsLeft: 9.3 }, "12.0 MB of 40.0 MB · 3.0 MB/s · 10 s left"],
    [{ ...moving, bytesPerSecond: 0 }, "12.0 MB of 40.0 MB"],
    [{ ...moving, size: null }, "12.0 MB · 3.0 MB/s"],
    [{ ...moving, interrupted: true }, "12.0 MB of 40.0 MB · Interrupted: it goes on by itself"],
    [{ ...moving, state: "paused" }, "12.0 MB of 40.0 MB · Paused"],
    [{ state: "done" }, "1.0 KB · Received"],
    [{ state: "done", direction: "up" }, "1.0 KB · Delivered"],
    [{ state: "declined" }, "1.0 KB · Not wanted"],
    [{ state: "cancelled", size: null }, "Cancelled"],
    [{ state: "failed", code: "file_corrupt" }, "Failed. It did not arrive as it was sent."],
    [{ state: "failed", code: "another" }, "Failed. Try again."],
    [{ state: "failed", code: "constructor" }, "Failed. Try again."],
  ] as const)("%j: %s", (change, words) => {
    expect(transferWords(row(change))).toBe(words);
  });

  it("says to whom and from whom", () => {
    expect(plain(whoWords(row({ direction: "up" })))).toBe("To Ben");
    expect(plain(whoWords(row()))).toBe("From Ben");
  });
});
