/** Which file imports which, by relative imports; imports of types count like any other. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Paths within the source folder, with `/` and with their ending. */
export type Graph = Map<string, string[]>;

const RELATIVE_IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]*)"/g;

/** The graph of all `.ts` files under `folder`. Throws if an imported file is not there. */
export function readGraph(folder: URL): Graph {
  const root = fileURLToPath(folder);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => file.split(sep).join("/"));
  const graph: Graph = new Map();
  for (const file of files) {
    const found = importsOf(readFileSync(join(root, file), "utf8")).map((name) => {
      return relative(root, normalize(join(root, dirname(file), name)));
    });
    graph.set(
      file,
      found.map((path) => path.split(sep).join("/")),
    );
  }
  for (const [file, imported] of graph) {
    const missing = imported.find((path) => path.endsWith(".ts") && !graph.has(path));
    if (missing) throw new Error(`${file} imports ${missing}, which is not there`);
  }
  return graph;
}

/** The relative imports of a source text, as `.ts` paths; style sheets are left out. */
export function importsOf(source: string): string[] {
  const names = [...source.matchAll(RELATIVE_IMPORT)].map((match) => match[1] ?? "");
  return names.filter((name) => name.endsWith(".js")).map((name) => name.replace(/\.js$/, ".ts"));
}

/** A path that leads from a node to itself, or null if there is none. */
export function cycleIn(graph: Graph): string[] | null {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | null => {
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node];
    if (done.has(node)) return null;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return null;
}

/** The same graph between folders; files at the top stand for themselves. */
export function foldersOf(graph: Graph): Graph {
  const folders: Graph = new Map();
  for (const [file, imported] of graph) {
    const folder = folderOf(file);
    const others = imported.map(folderOf).filter((other) => other !== folder);
    folders.set(folder, [...new Set([...(folders.get(folder) ?? []), ...others])]);
  }
  return folders;
}

/** Imports that go against `order`, in which each folder may import only those before it. */
export function upwardImports(folders: Graph, order: readonly string[]): string[] {
  return [...folders].flatMap(([folder, imported]) =>
    imported
      .filter((other) => order.indexOf(other) > order.indexOf(folder))
      .map((other) => `${folder} → ${other}`),
  );
}

const IMPURE =
  /\b(document|window|localStorage|navigator|fetch|setTimeout|setInterval|queueMicrotask|performance|Date\.now|new Date\(\)|Math\.random|crypto|new RTC\w+|addEventListener|async|await)\b/;
const COMMENTS_AND_TEXTS = /\/\*[\s\S]*?\*\/|\/\/.*$|"[^"]*"|`[^`]*`/gm;

/** The first word of a source text that a pure file does not use, or null. */
export function impureWordIn(source: string): string | null {
  return IMPURE.exec(source.replace(COMMENTS_AND_TEXTS, ""))?.[0] ?? null;
}

function folderOf(file: string): string {
  return file.includes("/") ? dirname(file) : file;
}
