/** The package as somebody has it who knows nothing of this repository: packed, and installed elsewhere. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const CLIENT = fileURLToPath(new URL("../../", import.meta.url));
const ROOT = join(CLIENT, "..");
const TIMEOUT_MS = 110_000;
/** What an application with React has beside the package. */
const REACT = ["react", "react-dom", "@types/react", "@types/react-dom", "csstype"];

export class Stranger {
  readonly folder = mkdtempSync(join(tmpdir(), "heliograph-package-"));
  readonly tarball: string;

  /** Packs, which builds, and installs without any network in a folder that is empty. */
  constructor() {
    const [packed, empty] = [join(this.folder, "packed"), join(this.folder, "app")];
    for (const each of [packed, empty]) mkdirSync(each);
    run("npm", ["pack", "--pack-destination", packed], CLIENT);
    this.tarball = join(packed, readdirSync(packed)[0] ?? "");
    run("npm", ["install", "--offline", this.tarball], empty);
  }

  /** Where it is installed. */
  get app(): string {
    return join(this.folder, "app");
  }

  get installed(): string {
    return join(this.app, "node_modules/@heliograph/client");
  }

  /** All files of the package. */
  get files(): string[] {
    const entries = readdirSync(this.installed, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.installed.length + 1));
  }

  read(file: string): string {
    return readFileSync(join(this.installed, file), "utf8");
  }

  write(file: string, text: string): void {
    mkdirSync(join(this.app, file, ".."), { recursive: true });
    writeFileSync(join(this.app, file), text);
  }

  addReact(): void {
    mkdirSync(join(this.app, "node_modules/@types"), { recursive: true });
    for (const name of REACT) {
      symlinkSync(join(ROOT, "node_modules", name), join(this.app, "node_modules", name));
    }
  }

  /** What the compiler says of these files, under `options`; nothing if all is well. */
  typecheck(files: readonly string[], options: object): string {
    const strict = { strict: true, noEmit: true, skipLibCheck: false, types: [] };
    const lib = ["ES2022", "DOM", "DOM.Iterable"];
    const compilerOptions = { target: "ES2022", lib, ...strict, ...options };
    this.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
    const command = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"];
    const { status, stdout } = spawnSync(process.execPath, command, {
      cwd: this.app,
      encoding: "utf8",
      timeout: TIMEOUT_MS,
    });
    return status === 0 ? "" : stdout || `ended with ${status}`;
  }

  /** A tool of ours that judges the tarball: what it says, and how it ends. */
  judge(tool: string, ...options: string[]): { status: number | null; said: string } {
    const file = join(ROOT, "node_modules/.bin", tool);
    const { status, stdout, stderr } = spawnSync(file, [this.tarball, ...options], {
      cwd: this.folder,
      encoding: "utf8",
      timeout: TIMEOUT_MS,
    });
    return { status, said: stdout + stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Throws with what it has said if it fails. */
export function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe", timeout: TIMEOUT_MS });
}

/** The blocks of a text in Markdown, by their language. */
export function blocksOf(text: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms");
  return [...text.matchAll(pattern)].map(([, block]) => block ?? "");
}
