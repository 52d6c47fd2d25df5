/** The same examples that the Python tests run: docs/protocol.md, tests/vectors. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAdmission, parseTurn } from "../../src/wire/answers.js";
import { parsePush, readEnvelope } from "../../src/wire/parse.js";
import { MAX_ENVELOPE_BYTES } from "../../src/wire/protocol.js";

interface Vector {
  name: string;
  valid: boolean;
  input?: unknown;
  target?: string;
  argument?: unknown;
  answer?: unknown;
}

function vectors(file: string): Vector[] {
  const url = new URL(`../../../tests/vectors/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}

test.each(vectors("envelopes"))("envelope: $name", ({ input, valid }) => {
  expect(readEnvelope(JSON.stringify(input), MAX_ENVELOPE_BYTES) !== null).toBe(valid);
});

test.each(vectors("pushes"))("push: $name", ({ target, argument, valid }) => {
  expect(parsePush(target ?? "", argument) !== null).toBe(valid);
});

test.each(vectors("negotiate"))("negotiate: $name", ({ answer, valid }) => {
  expect(parseAdmission(answer) !== null).toBe(valid);
});

test.each(vectors("turn"))("turn: $name", ({ answer, valid }) => {
  expect(parseTurn(answer) !== null).toBe(valid);
});
