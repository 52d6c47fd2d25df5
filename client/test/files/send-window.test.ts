import { describe, expect, it } from "vitest";
import { SendWindow } from "../../src/files/send-window.js";

const KB = 1_024;

/**
 * A path that takes `bytesPerMs` and needs `ms` for each way, with a queue before it: the window is used as
 * far as it goes for `rounds` pieces. Answers the window, and the delay of the last piece.
 */
function through(window: SendWindow, path: { bytesPerMs: number; ms: number }, pieces: number) {
  const sent: { bytes: number; at: number; seen: number }[] = [];
  let now = 0;
  let free = 0; // when the path has taken what is before
  let delay = 0;
  let flight = 0;
  for (let count = 0; count < pieces; count += 1) {
    const bytes = window.pieceBytes;
    while (flight >= window.bytes) {
      const first = sent.shift();
      if (!first) break;
      now = Math.max(now, first.seen);
      delay = first.seen - first.at;
      window.acknowledged(first.bytes, delay, flight);
      flight -= first.bytes;
    }
    free = Math.max(free, now) + bytes / path.bytesPerMs;
    sent.push({ bytes, at: now, seen: free + 2 * path.ms });
    flight += bytes;
  }
  return { bytes: window.bytes, delay };
}

describe("SendWindow", () => {
  it("grows to what a long and wide path holds", () => {
    const { bytes, delay } = through(new SendWindow(), { bytesPerMs: 12_500, ms: 50 }, 4_000);
    expect(bytes).toBeGreaterThan(12_500 * 100); // as much as is on the way
    expect(delay).toBeLessThan(100 + 75);
  });

  it("lets a slow path wait for little more than is least", () => {
    const { bytes } = through(new SendWindow(), { bytesPerMs: 125, ms: 20 }, 400);
    expect(bytes).toBe(64 * KB);
  });

  it("holds the delay by our own data near 50 ms", () => {
    const { delay } = through(new SendWindow(), { bytesPerMs: 25_000, ms: 1 }, 4_000);
    expect(delay).toBeGreaterThan(30);
    expect(delay).toBeLessThan(75);
  });

  it("adds a piece of 64 KiB for each window that nothing delays", () => {
    const window = new SendWindow();
    const before = window.bytes;
    window.acknowledged(before, 10, before);
    expect(window.bytes).toBe(before + 64 * KB);
  });

  it("stays as it is while it is not used", () => {
    const window = new SendWindow();
    const before = window.bytes;
    window.acknowledged(16 * KB, 10, 32 * KB);
    expect(window.bytes).toBe(before);
  });

  it("shrinks by a piece for each window at most, and never below what is least", () => {
    const window = new SendWindow();
    window.acknowledged(16 * KB, 1, 0);
    const before = window.bytes;
    window.acknowledged(before, 60_000, before);
    expect(window.bytes).toBe(before - 64 * KB);
    for (let n = 0; n < 100; n += 1) window.acknowledged(256 * KB, 60_000, 0);
    expect(window.bytes).toBe(64 * KB);
  });

  it("sends smaller pieces through a smaller window", () => {
    const window = new SendWindow();
    expect(window.pieceBytes).toBe(32 * KB);
    window.acknowledged(16 * KB, 1, 0);
    for (let n = 0; n < 100; n += 1) window.acknowledged(256 * KB, 60_000, 0);
    expect(window.pieceBytes).toBe(16 * KB);
  });

  it("never lets more than 16 MiB be under way, in pieces of 64 KiB", () => {
    const window = new SendWindow();
    for (let n = 0; n < 1_000; n += 1) window.acknowledged(window.bytes, 5, window.bytes);
    expect(window.bytes).toBe(16_384 * KB);
    expect(window.pieceBytes).toBe(64 * KB);
  });
});
