/** The direction of imports in the client, and its pure files. The page has a test of its own. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  cycleIn,
  foldersOf,
  type Graph,
  importsOf,
  impureWordIn,
  readGraph,
  upwardImports,
} from "./graph.js";

/** Each may import those before it (client/README.md, "Source"). */
const CLIENT_ORDER = [
  "errors.ts",
  "types.ts",
  "collections",
  "timing",
  "wire",
  "stamps",
  "report",
  "turn",
  "files",
  "safety",
  "media",
  "peer",
  "room",
  "index.ts",
  "react",
];

const client = readGraph(new URL("../../src/", import.meta.url));

describe("the client's source", () => {
  test("has no files that import each other in a circle", () => {
    expect(client.size).toBeGreaterThan(40);
    expect(cycleIn(client)).toBeNull();
  });

  test("has only folders whose place in the order is known", () => {
    expect([...foldersOf(client).keys()].sort()).toEqual([...CLIENT_ORDER].sort());
  });

  test("imports in one direction only", () => {
    expect(upwardImports(foldersOf(client), CLIENT_ORDER)).toEqual([]);
  });
});

/** They use no browser, no timer, no clock and no randomness: what they need are arguments. */
const PURE = [
  "errors.ts",
  "collections/bounded-map.ts",
  "wire/answers.ts",
  "wire/parse.ts",
  "wire/protocol.ts",
  "wire/refusal.ts",
  "wire/report.ts",
  "wire/shape.ts",
  "report/browser.ts",
  "report/report.ts",
  "report/stopwatch.ts",
  "report/traffic.ts",
  "stamps/acks.ts",
  "stamps/home.ts",
  "stamps/outbox.ts",
  "stamps/presence-types.ts",
  "stamps/presence.ts",
  "stamps/routes.ts",
  "files/messages.ts",
  "media/sources.ts",
  "media/state.ts",
  "files/names.ts",
  "files/phase.ts",
  "safety/exchange.ts",
  "safety/fingerprints.ts",
  "safety/list.ts",
  "safety/messages.ts",
  "safety/words.ts",
  "peer/connecting.ts",
  "peer/early.ts",
  "peer/outgoing.ts",
  "peer/pairs.ts",
  "peer/negotiation.ts",
];

test.each(PURE)("%s is pure", (file) => {
  expect(impureWordIn(readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8"))).toBe(
    null,
  );
});

describe("the check itself", () => {
  const graph = (edges: Record<string, string[]>): Graph => new Map(Object.entries(edges));

  test("reads every kind of import, and no package", () => {
    const source = `import type { A } from "./a.js";
import { B } from "../b/b.js";
import "./style.css";
export { C } from "./c.js";
import {
  D,
} from "./d.js";
const e = await import("./e.js");
import { test } from "vitest";`;
    expect(importsOf(source)).toEqual(["./a.ts", "../b/b.ts", "./c.ts", "./d.ts", "./e.ts"]);
  });

  test("finds a circle of one, two and three files", () => {
    expect(cycleIn(graph({ a: ["a"] }))).toEqual(["a", "a"]);
    expect(cycleIn(graph({ a: ["b"], b: ["a"] }))).toEqual(["a", "b", "a"]);
    expect(cycleIn(graph({ x: ["a"], a: ["b"], b: ["c"], c: ["a"] }))).toEqual([
      "a",
      "b",
      "c",
      "a",
    ]);
  });

  test("finds none where two ways lead to one file", () => {
    expect(cycleIn(graph({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }))).toBeNull();
  });

  test("finds folders that import each other, though no file is in a circle", () => {
    const files = graph({ "p/a.ts": ["q/b.ts"], "q/b.ts": [], "q/c.ts": ["p/d.ts"], "p/d.ts": [] });
    expect(cycleIn(files)).toBeNull();
    expect(cycleIn(foldersOf(files))).toEqual(["p", "q", "p"]);
  });

  test("finds an import against the order", () => {
    const folders = graph({ low: ["high"], high: ["low"], "index.ts": ["high"] });
    expect(upwardImports(folders, ["low", "high", "index.ts"])).toEqual(["low → high"]);
  });

  test("finds what is not pure in code, and not in comments and texts", () => {
    expect(impureWordIn("await fetch(url);")).toBe("await");
    expect(impureWordIn("return fetch(url);")).toBe("fetch");
    expect(impureWordIn("const now = Date.now();")).toBe("Date.now");
    expect(impureWordIn("setTimeout(() => {}, 1);")).toBe("setTimeout");
    expect(impureWordIn("new RTCPeerConnection();")).toBe("new RTCPeerConnection");
    expect(impureWordIn("const r: () => number = Math.random;")).toBe("Math.random");
    expect(impureWordIn('/** fetch */ // Date.now\nconst a = "setTimeout";')).toBeNull();
  });
});
