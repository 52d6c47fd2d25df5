/** What the pages weigh, as they are built for a deployment. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 }); // each builds the page

/**
 * A server sends 10 segments of 1,460 bytes before it waits for an acknowledgement, and twice as many
 * after it (RFC 6928): so much comes in two round trips. Meanwhile the connection to the functions
 * opens, which takes two round trips as well (TCP and TLS 1.3). More would hold up the first call.
 */
const TWO_ROUND_TRIPS_BYTES = 30 * 1_460;

/**
 * The words of another language than English, which their readers load beside what draws: they come
 * while the seat is asked for.
 */
const LANGUAGE_BYTES = 4_500;

/** Bytes, gzip. Whoever needs more raises them, and says why in the commit. */
const LIMITS = {
  room: { start: TWO_ROUND_TRIPS_BYTES + 200, soon: 36_000, soonStyles: 2_300, whole: 116_000 },
  stats: { start: 16_500, soon: 0, soonStyles: 0, whole: 76_000 },
} as const;

type Page = keyof typeof LIMITS;

interface Built {
  readonly html: string;
  /** The script of the page, and what it imports at once. */
  readonly entry: Rolldown.OutputChunk;
  readonly chunks: readonly Rolldown.OutputChunk[];
  readonly files: ReadonlyMap<string, string>;
}

async function built(page: Page): Promise<Built> {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const mode = page === "stats" ? "stats" : "production";
  const made = await build({ root, mode, logLevel: "silent", build: { write: false } });
  const { output } = made as Rolldown.RolldownOutput;
  const chunks = output.filter((one) => one.type === "chunk");
  const [entry] = chunks.filter((one) => one.isEntry);
  const files = new Map(
    output.map((one) => [one.fileName, one.type === "chunk" ? one.code : String(one.source)]),
  );
  const html = files.get(page === "stats" ? "stats/index.html" : "index.html");
  if (!entry || html === undefined) throw new Error("the page was not built");
  return { html, entry, chunks, files };
}

/** Of the files, gzip. */
function weight({ files }: Built, names: Iterable<string>): number {
  const bytes = [...names].map((name) => gzipSync(files.get(name) ?? "", { level: 9 }).length);
  return bytes.reduce((sum, one) => sum + one, 0);
}

/** The files that the HTML names by `pattern`, whose first group is the address. */
const named = ({ html }: Built, pattern: RegExp): string[] =>
  [...html.matchAll(pattern)].map(([, file]) => (file ?? "").replace(/^(\.\.?\/)+/, ""));

const SCRIPT = /<script[^>]* src="([^"]+)"/g;
const STYLE = /<link rel="stylesheet"[^>]* href="([^"]+)"/g;
const PRELOAD = /<link rel="modulepreload"[^>]* href="([^"]+)"/g;

/** What the script of the room page imports as soon as it has asked for a seat. */
const SOON = ["/web/src/views/page.ts", "/@microsoft/signalr/"];

/** The files that hold these modules, and the style sheets that they import. */
function soonOf({ entry, chunks }: Built): readonly [scripts: string[], styles: string[]] {
  const holds = ({ moduleIds }: Rolldown.OutputChunk) =>
    SOON.some((part) => moduleIds.some((id) => id.includes(part)));
  const found = chunks.filter((one) => entry.dynamicImports.includes(one.fileName) && holds(one));
  const styles = found.flatMap(({ viteMetadata }) => [...(viteMetadata?.importedCss ?? [])]);
  return [found.map(({ fileName }) => fileName), styles];
}

/** The files with the words of other languages than English, and nothing else. */
const languagesOf = ({ chunks }: Built): string[] =>
  chunks
    .filter(({ moduleIds }) => moduleIds.every((id) => /\/words\/(?!en\/)[a-z]+\//.test(id)))
    .map(({ fileName }) => fileName);

const licensesOf = (page: Page): string => `THIRD-PARTY-${page}.txt`;

/** The packages of others whose code is in the page. */
const packagesOf = ({ chunks }: Built): Set<string> => {
  const ids = chunks.flatMap(({ moduleIds }) => moduleIds).join("\n");
  return new Set(ids.match(/(?<=.*\/node_modules\/)(@[^/]+\/)?[^/@]+(?=\/)/g));
};

it.each(["room", "stats"] as const)("the page %s is not heavier than it may be", async (page) => {
  const made = await built(page);
  const start = weight(made, [...named(made, SCRIPT), ...named(made, STYLE)]);
  const [scripts, styles] = soonOf(made);
  const [soon, soonStyles] = [weight(made, scripts), weight(made, styles)];
  const languages = languagesOf(made);
  const notLoaded = [...languages, licensesOf(page)];
  const all = [...made.files.keys()].filter((name) => !notLoaded.includes(name));
  const whole = weight(made, all);
  console.log(
    `${page}: start ${start}, soon ${soon} and styles ${soonStyles}, whole ${whole} bytes, gzip`,
  );
  expect(start).toBeGreaterThan(1_000);
  expect(start).toBeLessThanOrEqual(LIMITS[page].start);
  expect(soon).toBeLessThanOrEqual(LIMITS[page].soon);
  expect(soonStyles).toBeLessThanOrEqual(LIMITS[page].soonStyles);
  expect(whole).toBeLessThanOrEqual(LIMITS[page].whole);
});

it("nobody loads the words of a language that they do not read", async () => {
  for (const page of ["room", "stats"] as const) {
    const made = await built(page);
    const german = languagesOf(made);
    const bytes = weight(made, german);
    console.log(`${page}: German ${bytes} bytes, gzip`);
    expect(german).toHaveLength(1);
    expect(made.entry.imports).not.toContain(german[0]);
    expect(soonOf(made)[0]).not.toContain(german[0]);
    expect(bytes).toBeGreaterThan(500);
    expect(bytes).toBeLessThanOrEqual(LANGUAGE_BYTES);
  }
});

it("the room page asks for a seat with one script, and nothing takes bytes from it", async () => {
  const made = await built("room");
  expect(named(made, SCRIPT)).toEqual([made.entry.fileName]);
  expect(made.entry.imports).toEqual([]);
  expect(named(made, PRELOAD)).toEqual([]);
  const [scripts, styles] = soonOf(made);
  expect(scripts).toHaveLength(SOON.length);
  expect(styles).toHaveLength(1);
  const modules = made.entry.moduleIds.join("\n");
  expect(modules).toContain("/client/src/room/join.ts");
  expect(modules).not.toMatch(/@microsoft\/signalr|altcha|\/web\/src\/(views|stats)\//);
  // It does not wait for style sheets, and comes before them.
  expect(made.html).toMatch(/<script async type="module" fetchpriority="high"/);
  expect(made.html.indexOf("<script async")).toBeLessThan(made.html.indexOf("stylesheet"));
});

it.each([
  ["room", "lean-qr"],
  ["stats", "chart.js"],
] as const)("beside the page %s are the licences of what is built in", async (page, one) => {
  const made = await built(page);
  const told = made.files.get(licensesOf(page)) ?? "";
  expect(packagesOf(made)).toContain(one);
  for (const name of packagesOf(made)) expect(told).toMatch(new RegExp(`^## ${name} - [0-9]`, "m"));
});
