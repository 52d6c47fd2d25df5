import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));

/**
 * What each folder may import besides itself: only folders above it in this list. The files that
 * wire a page, `main.ts`, may import everything.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  language: [],
  base: ["language"],
  "words/en": ["language"],
  "words/de": ["language", "words/en"],
  words: ["language", "words/en", "words/de"],
  app: [], // no words: the language can change while the state stays
  transfers: [],
  call: [],
  notices: ["app", "transfers"],
  edge: ["language", "base", "app", "transfers", "call", "notices"],
  "stats/answer": [],
  "stats/model": ["words", "stats/answer"],
  "stats/plot": ["words", "stats/answer", "stats/model"],
  "stats/chart": ["stats/plot"],
  "stats/edge": ["base", "stats/answer", "stats/model"],
  "stats/views": [
    "language",
    "base",
    "words",
    "stats/answer",
    "stats/model",
    "stats/plot",
    "stats/chart",
  ],
  views: ["language", "base", "words", "app", "transfers", "call", "notices", "stats/answer"],
};

/** Folders that must stay pure: they use no document, no storage, no network and no clock. */
const PURE = [
  "language",
  "words",
  "words/en",
  "words/de",
  "app",
  "transfers",
  "call",
  "notices",
  "stats/model",
  "stats/plot",
];
const IMPURE =
  /\b(document|window|localStorage|sessionStorage|history|location|navigator|fetch|setTimeout|setInterval|Date\.now|Math\.random|new Date\(\))\b/;

interface Source {
  readonly file: string;
  readonly folder: string;
  readonly code: string;
  /** Files of the page that it imports; types count. */
  readonly imports: readonly string[];
}

const folderOf = (file: string): string => (file.endsWith("main.ts") ? "main" : dirname(file));

function read(file: string): Source {
  const code = readFileSync(join(SRC, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  const paths = [...code.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)\.js"/g)];
  const imports = paths.map(([, path]) => `${join(dirname(file), path ?? "")}.ts`);
  return { file, folder: folderOf(file), code, imports };
}

const SOURCES = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => read(relative(SRC, join(SRC, name))));

it("finds the files and their imports", () => {
  expect(SOURCES.length).toBeGreaterThan(60);
  const step = SOURCES.find(({ file }) => file === "app/step.ts");
  expect(step?.imports).toContain("app/inside.ts");
  const page = SOURCES.find(({ file }) => file === "stats/views/page.ts");
  expect(page?.imports).toContain("stats/chart/chart.ts"); // imported when it is needed
});

it("has every folder in the list", () => {
  const folders = new Set(SOURCES.map(({ folder }) => folder).filter((one) => one !== "main"));
  expect([...folders].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
});

it("imports downwards only, types too", () => {
  const upward = SOURCES.filter(({ folder }) => folder !== "main").flatMap(
    ({ file, folder, imports }) =>
      imports
        .filter((to) => folderOf(to) !== folder)
        .filter((to) => !MAY_IMPORT[folder]?.includes(folderOf(to)))
        .map((to) => `${file} → ${to}`),
  );
  expect(upward).toEqual([]);
});

it("has no cycle of files", () => {
  const imports = new Map(SOURCES.map((one) => [one.file, one.imports]));
  const cycles: string[] = [];
  const done = new Set<string>();
  function visit(file: string, way: readonly string[]): void {
    if (way.includes(file)) cycles.push([...way.slice(way.indexOf(file)), file].join(" → "));
    else if (!done.has(file)) {
      for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
      done.add(file);
    }
  }
  for (const { file } of SOURCES) visit(file, []);
  expect(cycles).toEqual([]);
});

it("keeps the pure folders pure", () => {
  const impure = SOURCES.filter(({ folder }) => PURE.includes(folder)).flatMap(({ file, code }) => {
    const found = IMPURE.exec(code.replace(/"[^"]*"/g, '""'));
    return found ? [`${file}: ${found[0]}`] : [];
  });
  expect(impure).toEqual([]);
});

it("knows the chart library in one folder only", () => {
  const users = SOURCES.filter(({ code }) => code.includes('from "chart.js"'));
  expect(new Set(users.map(({ folder }) => folder))).toEqual(new Set(["stats/chart"]));
});
