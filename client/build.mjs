/**
 * Makes `dist`, which is what the package ships (`npm run build`):
 *
 * | File | For |
 * |---|---|
 * | `index.js` and its chunks | ES modules; nothing else has to be installed |
 * | `react/index.js` | the hooks; they import `../index.js`, so that a page has the SDK once |
 * | `heliograph.min.js` | a script tag: one file, which defines `Heliograph` |
 * | `*.d.ts` | the types that can be reached from the two entries |
 * | `THIRD-PARTY.txt` | the licences of what is built in |
 *
 * Every script has a source map that contains its sources.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const ROOT = fileURLToPath(new URL("./", import.meta.url));
const DIST = join(ROOT, "dist");
const TYPES_OF = ["index.d.ts", "react/index.d.ts"];

/**
 * Whose a package is that ships no licence file: as its sources and its package.json say. The words of
 * the MIT licence are those of our own.
 */
const OWNERS = { "@microsoft/signalr": "Copyright (c) .NET Foundation and Contributors" };

/** As it is imported in the source: the application and the hooks share one module. */
const sdkStaysOutside = {
  name: "heliograph:sdk-stays-outside",
  enforce: "pre",
  resolveId: (id) => (id === "../index.js" ? { id, external: "relative" } : null),
};

/** SignalR has `PURE` before functions, of which bundlers warn where this package is linked. */
const COMMENTS = { annotation: false };

const BUILDS = [
  {
    lib: { entry: { index: "src/index.ts" }, formats: ["es"] },
    output: { entryFileNames: "[name].js", chunkFileNames: "chunks/[name].js" },
  },
  {
    lib: { entry: { "react/index": "src/react/index.ts" }, formats: ["es"] },
    output: { entryFileNames: "[name].js" },
    external: ["react"],
    plugins: [sdkStaysOutside],
  },
  {
    lib: { entry: { heliograph: "src/index.ts" }, formats: ["iife"], name: "Heliograph" },
    output: { entryFileNames: "[name].min.js", codeSplitting: false },
    minify: true,
  },
];

/** Resolves with the modules that were built in. */
async function bundle({ lib, output, external = [], plugins = [], minify = false }) {
  const made = await build({
    configFile: false,
    root: ROOT,
    logLevel: "warn",
    plugins,
    // SignalR would use it in Node only; without this there is a shim for it.
    define: { require: "undefined" },
    build: {
      target: "es2022",
      outDir: DIST,
      emptyOutDir: false,
      modulePreload: false,
      sourcemap: true,
      minify,
      lib,
      rolldownOptions: { external, output: { ...output, comments: COMMENTS } },
    },
  });
  return [made].flat().flatMap((one) => one.output.flatMap(({ moduleIds }) => moduleIds ?? []));
}

/** Writes all types, and removes those that no entry imports, directly or not. */
function writeTypes() {
  const typescript = createRequire(import.meta.url).resolve("typescript/package.json");
  const command = [join(dirname(typescript), "bin/tsc"), "-p", "tsconfig.build.json"];
  execFileSync(process.execPath, command, { cwd: ROOT, stdio: "inherit" });
  const used = new Set();
  const use = (file) => {
    if (used.has(file)) return;
    used.add(file);
    for (const [, name] of readFileSync(file, "utf8").matchAll(/"(\.[^"]+)\.js"/g)) {
      use(`${resolve(dirname(file), name)}.d.ts`);
    }
  };
  for (const name of TYPES_OF) use(join(DIST, name));
  for (const name of readdirSync(DIST, { recursive: true })) {
    const file = join(DIST, name);
    if (name.endsWith(".d.ts") && !used.has(file)) rmSync(file);
  }
  removeEmptyFolders(DIST);
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

/** The folders of the packages that these modules are from. */
function packagesOf(modules) {
  const folders = modules.map((id) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]);
  return [...new Set(folders.filter(Boolean))].sort();
}

/** Its name, version and licence, as a section of THIRD-PARTY.txt. Throws if its licence is unknown. */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (file) return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  if (license !== "MIT" || !OWNERS[name]) throw new Error(`${name}: which licence does it have?`);
  const ours = readFileSync(join(ROOT, "LICENSE"), "utf8").trim();
  return `${name} ${version}\n\n${ours.replace(/^Copyright.*$/m, OWNERS[name])}\n`;
}

if (existsSync(DIST)) rmSync(DIST, { recursive: true });
const modules = [];
for (const one of BUILDS) modules.push(...(await bundle(one)));
writeTypes();
const licences = packagesOf(modules).map(licenceOf);
writeFileSync(join(DIST, "THIRD-PARTY.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));
