import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Recheck } from "../../src/room/recheck.js";

let asked: number[];
let recheck: Recheck;
let start: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  start = performance.now();
  asked = [];
  recheck = new Recheck(() => asked.push(Math.round((performance.now() - start) / 1_000)));
});
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1_000);

test("a member without a connection is asked about after 30 s, then less and less often", () => {
  recheck.update(["a"]);
  pass(1_300);
  expect(asked).toEqual([30, 90, 210, 450, 750, 1_050]);
});

test("each member has 30 s, however many come and go", () => {
  for (let n = 0; n < 10; n += 1) {
    recheck.update([`member ${n}`]);
    pass(20);
  }
  expect(asked).toEqual([]);
});

test("news of others does not put it off", () => {
  recheck.update(["a"]);
  pass(25);
  recheck.update(["a", "b"]);
  pass(6);
  expect(asked).toEqual([30]);
});

test("nobody asks once all have a connection, and the next time it begins anew", () => {
  recheck.update(["a"]);
  pass(100);
  recheck.update([]);
  pass(1_000);
  expect(asked).toEqual([30, 90]);
  recheck.update(["a"]);
  pass(60);
  expect(asked).toEqual([30, 90, 1_130]);
});

test("nor after the end", () => {
  recheck.update(["a"]);
  recheck.close();
  pass(1_000);
  expect([asked, vi.getTimerCount()]).toEqual([[], 0]);
});
