import { expect, it } from "vitest";
import { readConfig } from "../../src/base/config.js";

it("takes the backends it is given", () => {
  expect(
    readConfig({ backends: ["https://a.example/api", "https://b.example/api"] }).backends,
  ).toEqual(["https://a.example/api", "https://b.example/api"]);
});

it.each([null, 7, {}, { backends: "x" }, { backends: [] }, { backends: [1, ""] }])(
  "falls back to its own origin for %j",
  (json) => {
    expect(readConfig(json).backends).toEqual(["/api"]);
  },
);
