/** What the application sends, checked against the limits of docs/protocol.md §1 before it is sent. */
import { HeliographError } from "../errors.js";
import { MAX_DEPTH_LEVELS, MAX_TEXT_CHARACTERS } from "../wire/protocol.js";
import { characters, isNotDeeperThan } from "../wire/shape.js";

/** What `send`, `broadcast` and `sendText` carry. */
export type Content = { kind: "text"; body: { text: string } } | { kind: "data"; body: unknown };

/** Throws `invalid_message` if it is empty, `too_large` above 4,096 characters. */
export function checkText(text: string): void {
  if (text === "") throw new HeliographError("invalid_message", "The text is empty.");
  if (text.length > MAX_TEXT_CHARACTERS && characters(text) > MAX_TEXT_CHARACTERS) {
    throw new HeliographError("too_large", `A text has at most ${MAX_TEXT_CHARACTERS} characters.`);
  }
}

/**
 * A copy of `data` as the receiver will read it from JSON. Throws `invalid_message` if it is no
 * JSON, `too_large` if it has more levels than an envelope can carry.
 */
export function checkData(data: unknown): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch {
    text = undefined; // circular, or a BigInt
  }
  if (text === undefined) throw new HeliographError("invalid_message", "The data is no JSON.");
  const copy: unknown = JSON.parse(text);
  if (isNotDeeperThan(copy, MAX_DEPTH_LEVELS - 1)) return copy;
  throw new HeliographError("too_large", `Data is at most ${MAX_DEPTH_LEVELS - 1} levels deep.`);
}
