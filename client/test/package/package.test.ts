/** What is published: packed, installed in an empty folder, and used there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { blocksOf, CLIENT, run, Stranger } from "./stranger.js";

/** Bytes, gzip, minified by the bundler of the application. */
const START_BYTES = 36_000; // as test/budget.test.ts
const HOOKS_BYTES = 2_500; // beside the SDK and React
const SCRIPT_TAG_BYTES = 74_500; // all of the SDK in one file

const RESOLUTIONS = [
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

vi.setConfig({ testTimeout: 60_000 }); // compilers and tools, as processes of their own

let stranger: Stranger;
beforeAll(() => {
  stranger = new Stranger();
}, 120_000);
afterAll(() => stranger?.remove());

const packageJson = () => JSON.parse(stranger.read("package.json"));
const weight = (code: string) => gzipSync(code, { level: 9 }).length;

describe("the package", () => {
  test("has what it needs, and nothing else", () => {
    const outside = stranger.files.filter((file) => !file.startsWith("dist/"));
    expect(outside.sort()).toEqual(["LICENSE", "README.md", "package.json"]);
    expect(stranger.files.filter((file) => !/\.(js|js\.map|d\.ts|txt)$/.test(file)).sort()).toEqual(
      outside.filter((file) => file !== "README"),
    );
    expect(existsSync(join(stranger.app, "node_modules/react"))).toBe(false);
    const { dependencies, peerDependenciesMeta } = packageJson();
    expect([dependencies, peerDependenciesMeta]).toEqual([
      undefined,
      { react: { optional: true } },
    ]);
  });

  test("has the licence of the project, and those of what is built in", () => {
    expect(stranger.read("LICENSE")).toBe(readFileSync(join(CLIENT, "../LICENSE"), "utf8"));
    const others = stranger.read("dist/THIRD-PARTY.txt");
    expect(others).toMatch(/^@microsoft\/signalr 10\.\d+\.\d+$/m);
    expect(others).toContain("Copyright (c) .NET Foundation and Contributors");
    expect(others).toMatch(/^altcha-lib \d/m);
    expect(others.match(/THE SOFTWARE IS PROVIDED/g)).toHaveLength(2);
  });

  test("publint finds nothing", () => {
    expect(stranger.judge("publint", "--strict")).toMatchObject({ status: 0 });
  });

  test("arethetypeswrong finds nothing", () => {
    const options = ["--profile", "esm-only", "--no-definitely-typed"];
    const { status, said } = stranger.judge("attw", ...options);
    expect(status, said).toBe(0);
    expect(said).toContain("@heliograph/client/react");
  });

  test("has maps that hold their sources, and name nothing of the machine that built it", () => {
    const scripts = stranger.files.filter((file) => file.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(5);
    for (const file of scripts) {
      expect(stranger.read(file)).toMatch(/\n\/\/# sourceMappingURL=[\w.-]+\.js\.map\s*$/);
      const { sources, sourcesContent } = JSON.parse(stranger.read(`${file}.map`));
      expect(sourcesContent).toHaveLength(sources.length);
      for (const text of sourcesContent) expect(text).toEqual(expect.any(String));
      expect(sources.filter((path: string) => !path.startsWith("../"))).toEqual([]);
    }
    const all = stranger.files.map((file) => stranger.read(file)).join();
    expect(all).not.toContain(join(CLIENT, ".."));
  });

  test("is imported in Node, where only a browser can join", () => {
    stranger.write(
      "index.mjs",
      `import { HeliographError, createRoom, join, prepare } from "@heliograph/client";
      const codes = await Promise.all(
        [
          join({ backends: "/api", room: "tea" }),
          createRoom({ backends: "http://127.0.0.1:1/api" }),
          prepare({ backends: "ftp://example.org" }),
        ].map((call) => call.catch((error) => error instanceof HeliographError && error.code)),
      );
      console.log(codes.join());`,
    );
    const said = run(process.execPath, ["index.mjs"], stranger.app).trim();
    expect(said).toBe("unsupported,backend_away,invalid_options");
  });

  test.each(RESOLUTIONS)("has types by $moduleResolution, with no other package", (options) => {
    stranger.write(
      "use.mts",
      `import { join, type Peer, type Room } from "@heliograph/client";
      const room: Room = await join({ backends: "/api", room: "tea" });
      room.on("peer-joined", ({ peer }: { peer: Peer }) => peer.safetyWords());
      // @ts-expect-error: an event that does not exist
      room.on("peer-came", () => {});
      // @ts-expect-error: no room
      await join({ backends: "/api" });`,
    );
    expect(stranger.typecheck(["use.mts"], options)).toBe("");
  });
});

/** What the blocks of the README do not say themselves. */
const AROUND = `import type { Peer as P, Room as R } from "@heliograph/client";
declare global {
  const room: R;
  const peer: P;
  const deviceId: string;
  const input: HTMLInputElement & { files: FileList };
  function show(...what: unknown[]): void;
  function redraw(): void;
  function choose(devices: readonly MediaDeviceInfo[]): void;
}`;

describe("with React", () => {
  beforeAll(() => stranger.addReact());

  test.each(RESOLUTIONS)("every block of the README has types by $moduleResolution", (options) => {
    const readme = stranger.read("README.md");
    const [plain, react] = [blocksOf(readme, "ts"), blocksOf(readme, "tsx")];
    expect([plain.length, react.length]).toEqual([9, 2]);
    const files = [
      ...plain.map((block, index) => [`readme/${index}.ts`, block] as const),
      ...react.map((block, index) => [`readme/react-${index}.tsx`, block] as const),
      ["readme/around.d.ts", AROUND] as const,
    ];
    for (const [file, text] of files) stranger.write(file, `${text}\nexport {};\n`);
    stranger.write("readme/package.json", '{ "type": "module" }');
    const names = files.map(([file]) => file);
    expect(stranger.typecheck(names, { ...options, jsx: "react-jsx" })).toBe("");
  });

  test("the example has types", () => {
    const folder = join(CLIENT, "../examples/react/src");
    const files = readdirSync(folder).map((name) => `example/${name}`);
    for (const file of files) {
      stranger.write(
        file,
        readFileSync(join(folder, "..", file.replace("example", "src")), "utf8"),
      );
    }
    expect(files.length).toBeGreaterThan(3);
    const options = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const bundler = { module: "esnext", moduleResolution: "bundler", jsx: "react-jsx" };
    expect(stranger.typecheck(files, { ...options, ...bundler })).toBe("");
  });

  test("the SDK is in an application once, and the hooks are small", async () => {
    stranger.write(
      "app.js",
      `import { join } from "@heliograph/client";
      import { useRoom } from "@heliograph/client/react";
      console.log(join, useRoom);`,
    );
    const both = await bundle("app.js");
    expect(
      both.join("").match(/"This browser has no WebRTC\."|`This browser has no WebRTC\.`/g),
    ).toHaveLength(1);
    stranger.write("hooks.js", 'export * from "@heliograph/client/react";');
    stranger.write("sdk.js", 'export * from "@heliograph/client";');
    const [[withHooks = ""], [without = ""]] = [await bundle("hooks.js"), await bundle("sdk.js")];
    const [more, start] = [weight(withHooks) - weight(without), weight(without)];
    const whole = weight(stranger.read("dist/heliograph.min.js"));
    console.log(`package: start ${start}, hooks ${more}, script tag ${whole} bytes, gzip`);
    expect(start).toBeGreaterThan(10_000);
    expect(start).toBeLessThanOrEqual(START_BYTES);
    expect(more).toBeGreaterThan(500);
    expect(more).toBeLessThanOrEqual(HOOKS_BYTES);
    expect(whole).toBeLessThanOrEqual(SCRIPT_TAG_BYTES);
  });
});

describe("the README", () => {
  const readme = readFileSync(join(CLIENT, "README.md"), "utf8");

  test("leads nowhere outside of the package", () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to ?? "");
    const headings = [...readme.matchAll(/^## (.+)$/gm)].map(([, text]) => text ?? "");
    const anchors = headings.map((text) => `#${text.toLowerCase().replaceAll(/[^a-z ]/g, "")}`);
    const known = anchors.map((anchor) => anchor.replaceAll(" ", "-"));
    expect(links.length).toBeGreaterThan(2);
    expect(links.filter((to) => !known.includes(to))).toEqual([]);
  });

  test("names codes that there are", () => {
    const codes = readFileSync(join(CLIENT, "src/errors.ts"), "utf8");
    const table = /^## Errors$(.*?)^## /ms.exec(readme)?.[1] ?? "";
    const rows = table.split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) => (row.split("|")[1] ?? "").match(/\w+(?=`)/g) ?? []);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((code) => !codes.includes(`"${code}"`))).toEqual([]);
  });
});

/** The scripts that an application loads first, minified, without React: the entry and what it imports. */
async function bundle(entry: string): Promise<string[]> {
  const made = await build({
    configFile: false,
    logLevel: "silent",
    root: stranger.app,
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: {
        input: entry,
        external: ["react"],
        preserveEntrySignatures: "strict",
      },
    },
  });
  const chunks = (made as Rolldown.RolldownOutput).output.filter((one) => one.type === "chunk");
  const [first] = chunks.filter(({ isEntry }) => isEntry);
  const isFirst = ({ fileName, isEntry }: Rolldown.OutputChunk) =>
    isEntry || first?.imports.includes(fileName);
  return [
    chunks
      .filter(isFirst)
      .map(({ code }) => code)
      .join("\n"),
  ];
}
