/** What the SDK weighs in the bundle of a page that uses it. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

/** Bytes, gzip. Whoever needs more raises them, and says why in the commit. */
const START_BYTES = 36_000; // all that `join` needs until it has a seat
// With SignalR, files, media, the proof of work that few need, and 2,048 safety words, 4 KB, for who asks for them.
const WHOLE_BYTES = 74_500;

const LATER = ["@microsoft/signalr", "altcha-lib", "/safety/list.ts"];

async function bundle(): Promise<readonly Rolldown.OutputChunk[]> {
  const made = await build({
    configFile: false,
    logLevel: "silent",
    root: fileURLToPath(new URL("../", import.meta.url)),
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: "src/index.ts", preserveEntrySignatures: "strict" },
    },
  });
  return (made as Rolldown.RolldownOutput).output.filter((one) => one.type === "chunk");
}

const weight = (chunks: readonly Rolldown.OutputChunk[]): number =>
  chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);

test("the SDK is not heavier than it may be, and loads later what a seat does not need", async () => {
  const chunks = await bundle();
  const [entry] = chunks.filter(({ isEntry }) => isEntry);
  if (!entry) throw new Error("the SDK was not built");
  expect(entry.exports).toContain("join");
  const start = [entry, ...chunks.filter(({ fileName }) => entry.imports.includes(fileName))];
  console.log(`SDK: start ${weight(start)}, whole ${weight(chunks)} bytes, gzip`);
  expect(weight(start)).toBeGreaterThan(10_000);
  expect(weight(start)).toBeLessThanOrEqual(START_BYTES);
  expect(weight(chunks)).toBeLessThanOrEqual(WHOLE_BYTES);
  for (const name of LATER) {
    const holds = ({ moduleIds }: Rolldown.OutputChunk) =>
      moduleIds.some((id) => id.includes(name));
    expect(chunks.some(holds)).toBe(true);
    expect(start.some(holds)).toBe(false);
  }
});
