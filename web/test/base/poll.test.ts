import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Poll, poll, type Watched } from "../../src/base/poll.js";

class Page extends EventTarget implements Watched {
  hidden = false;
  turn(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

/** A poll every minute, and how often it has asked. */
function polling(): { page: Page; poll: Poll; asked: () => number } {
  const page = new Page();
  let count = 0;
  const started = poll(
    () => {
      count += 1;
    },
    60_000,
    page,
  );
  return { page, poll: started, asked: () => count };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("asks at once, and then every minute", () => {
  const { asked } = polling();
  expect(asked()).toBe(1);
  vi.advanceTimersByTime(120_000);
  expect(asked()).toBe(3);
});

it("asks nothing while nobody looks, and at once when they come back late", () => {
  const { page, asked } = polling();
  page.turn(true);
  vi.advanceTimersByTime(600_000);
  expect(asked()).toBe(1);
  page.turn(false);
  expect(asked()).toBe(2);
  vi.advanceTimersByTime(60_000);
  expect(asked()).toBe(3);
});

it("does not ask more often for who turns away and back", () => {
  const { page, asked } = polling();
  for (let turns = 0; turns < 10; turns += 1) {
    page.turn(true);
    page.turn(false);
  }
  vi.advanceTimersByTime(59_000);
  expect(asked()).toBe(1);
  vi.advanceTimersByTime(1_000);
  expect(asked()).toBe(2);
});

it("asks out of turn when told to, and counts the minute from there", () => {
  const { poll: started, asked } = polling();
  vi.advanceTimersByTime(50_000);
  started.now();
  expect(asked()).toBe(2);
  vi.advanceTimersByTime(59_000);
  expect(asked()).toBe(2);
  vi.advanceTimersByTime(1_000);
  expect(asked()).toBe(3);
});

it.each([7_200_000, -7_200_000, -691_200_000])(
  "asks in time after the clock was set by %d ms",
  (ms) => {
    const { page, asked } = polling();
    vi.advanceTimersByTime(30_000);
    page.turn(true);
    vi.setSystemTime(Date.now() + ms);
    page.turn(false);
    expect(asked()).toBe(1);
    vi.advanceTimersByTime(29_999);
    expect(asked()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(asked()).toBe(2);
  },
);

it("asks nothing more after it was stopped", () => {
  const { page, poll: started, asked } = polling();
  started.stop();
  vi.advanceTimersByTime(600_000);
  page.turn(true);
  page.turn(false);
  expect(asked()).toBe(1);
});
