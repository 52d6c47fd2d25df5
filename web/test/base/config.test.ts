import { expect, it } from "vitest";
import { absolute, readConfig } from "../../src/base/config.js";

it("takes the backends it is given", () => {
  const text = '{"backends": ["https://a.example/api", "https://b.example/api"]}';
  expect(readConfig(text).backends).toEqual(["https://a.example/api", "https://b.example/api"]);
});

it.each([
  null,
  undefined,
  "",
  "{",
  "null",
  "7",
  "{}",
  '{"backends": "x"}',
  '{"backends": []}',
  '{"backends": [1, ""]}',
])("falls back to its own origin for %j", (text) => {
  expect(readConfig(text).backends).toEqual(["/api"]);
});

it("makes the addresses absolute, each of them once", () => {
  const page = "https://meet.example/app/?room=R#x";
  expect(absolute(["/api", "https://b.example/api", "https://meet.example/api"], page)).toEqual([
    "https://meet.example/api",
    "https://b.example/api",
  ]);
});
