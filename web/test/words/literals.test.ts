/** What people read stands in `src/words/LANGUAGE/`, and nowhere else. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";
import { expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** Elements get their words from these. */
const MAKERS = new Set([
  "h",
  "s",
  "setText",
  "setSentence",
  "replaceChildren",
  "append",
  "prepend",
]);
const SHOWN_ATTRIBUTES = new Set([
  ...["aria-label", "aria-description", "aria-roledescription", "aria-valuetext"],
  ...["title", "placeholder", "alt", "label", "summary", "caption"],
]);
/** No language translates these. */
const NAMES = new Set(["Heliograph"]);
/** Names of keys, of units of `Intl`, and the like: no words for people. */
const OF_PROGRAMS = /^(Enter|Escape|Home|End|Arrow\w+|Files|Failed to .*)$/;

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

function childrenOf(node: Node): (readonly [key: string, child: Node])[] {
  return Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((child) => [key, child] as const),
  );
}

/** Words for people in a source, each with its line. */
export function wordsIn(code: string): string[] {
  const found: string[] = [];
  const note = (text: string, at: number): void => {
    if (!NAMES.has(text.trim()) && /\p{L}/u.test(text))
      found.push(`${code.slice(0, at).split("\n").length}: ${text}`);
  };
  visit(parseSync("a.ts", code).program as unknown as Node, false);
  return found;

  /** `shown`: whatever text is in here is shown to people. */
  function visit(node: Node, shown: boolean): void {
    if (node.type.startsWith("TS") || /^(Import|Export(All|Named))/.test(node.type)) {
      for (const [, child] of childrenOf(node)) if (!isSource(child)) visit(child, false);
      return;
    }
    if (node.type === "ThrowStatement" || node.type === "BinaryExpression") return;
    if (node.type === "CallExpression") {
      visitCall(node, shown);
      return;
    }
    if (node.type === "Property") {
      const key = node.key as Node & { readonly name?: string; readonly value?: string };
      visit(node.value as Node, SHOWN_ATTRIBUTES.has(String(key.name ?? key.value)));
      return;
    }
    const text = textOf(node);
    if (text !== null && (shown || readsLikeWords(text))) note(text, node.start);
    for (const [key, child] of childrenOf(node))
      if (!(key === "test" || (node.type === "MemberExpression" && key === "property")))
        visit(child, shown && node.type !== "ArrowFunctionExpression");
  }

  function visitCall(node: Node, shown: boolean): void {
    const callee = node.callee as Node & { readonly name?: string; readonly property?: Node };
    const name = String(callee.name ?? callee.property?.name ?? "");
    const first = name === "h" || name === "s" ? 2 : name.startsWith("set") ? 1 : 0;
    visit(callee, false);
    for (const [at, one] of (node.arguments as Node[]).entries())
      visit(one, MAKERS.has(name) ? at >= first : shown && name === "");
  }
}

const isSource = ({ type }: Node): boolean => type === "Literal";

function textOf(node: Node): string | null {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type !== "TemplateElement") return null;
  return String((node.value as { readonly cooked: string }).cooked);
}

/** As a sentence or a label begins, or with a mark at its end that only sentences have. */
const readsLikeWords = (text: string): boolean =>
  !OF_PROGRAMS.test(text) &&
  (/^\p{Lu}\p{Ll}+\b/u.test(text.trim()) || /\p{L} .*[.…?!]$/u.test(text));

it.each([
  ['h("p", { class: "a b" }, "or")', ["1: or"]],
  ['h("p", {}, icon("lock"), done ? "not sent" : words.sent)', ["1: not sent"]],
  ["setText(title, `joined`)", ["1: joined"]],
  ['h("a", { "aria-label": "leave", href: "./x" })', ["1: leave"]],
  ['const LABELS = { retry: "Try again" };', ["1: Try again"]],
  ['const lead = "send files and talk.";', ["1: send files and talk."]],
  ['h("h1", {}, "Heliograph", "·")', []],
  ['if (event.key !== "Enter") throw new Error("No such key.");', []],
  ['const kind = main ? "button primary" : "button";', []],
  ['import { a } from "./A.js"; type T = "Shown to nobody";', []],
])("finds in %s: %j", (code, words) => {
  expect(wordsIn(code)).toEqual(words);
});

it("finds no word outside of the tables", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .filter((file) => !/^words\/([a-z]+\/|broken\.ts)/.test(file));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) =>
    wordsIn(readFileSync(SRC + file, "utf8")).map((one) => `${file}:${one}`),
  );
  expect(found).toEqual([]);
});
