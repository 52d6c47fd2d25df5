import { expect, it } from "vitest";
import { createFormat } from "../../src/stats/model/format.js";
import { ENGLISH, NOW } from "./example.js";

it.each([
  [999, "999\u00a0ms"],
  [999.6, "1\u00a0s"],
  [1_640, "1.6\u00a0s"],
  [0, "0\u00a0ms"],
])("writes %d ms as %s", (value, words) => {
  expect(ENGLISH.milliseconds(value)).toBe(words);
});

it.each([
  [0, "$0.00"],
  [0.0123, "$0.012"],
  [0.5, "$0.50"],
  [1_234.5, "$1,234.50"],
])("writes %d dollars as %s", (value, words) => {
  expect(createFormat("en-US").money(value, "USD")).toBe(words);
});

it.each([
  [0, "0 byte"],
  [1_500, "1.5 kB"],
  [4.2e10, "42 GB"],
  [1e24, "1,000,000,000 PB"],
])("writes %d bytes as %s", (value, words) => {
  expect(ENGLISH.bytes(value)).toBe(words);
});

it("writes days in UTC, whatever zone the reader is in", () => {
  const tokyo = createFormat("en-GB", "Asia/Tokyo");
  expect(tokyo.day("2027-03-09")).toBe("9 Mar");
  expect(tokyo.date("2027-03-09")).toBe("9 Mar 2027");
});

it("writes times in the zone of the reader", () => {
  expect(ENGLISH.clock(NOW)).toBe("14:30");
  expect(createFormat("en-GB", "Asia/Tokyo").clock(NOW)).toBe("23:30");
  expect(ENGLISH.moment(NOW)).toBe("9 Mar 2027, 14:30");
});

it.each([
  [0, "0%"],
  [0.961, "96.1%"],
  [1, "100%"],
])("writes the share %d as %s", (share, words) => {
  expect(ENGLISH.share(share)).toBe(words);
});

it.each([
  [999, "999"],
  [1_200, "1.2k"],
  [3_400_000, "3.4m"],
])("writes %d on an axis as %s", (value, words) => {
  expect(ENGLISH.brief(value)).toBe(words);
});

it("takes the locale of the browser without one", () => {
  const own = createFormat();
  expect(own.count(1_234)).toBe(new Intl.NumberFormat().format(1_234));
});
