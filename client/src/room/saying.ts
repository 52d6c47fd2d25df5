/** What the application says, held to the limits before it goes anywhere. */
import { HeliographError } from "../errors.js";

import {
  type Envelope,
  MAX_DEPTH_LEVELS,
  MAX_ENVELOPE_BYTES,
  MAX_TEXT_CHARACTERS,
} from "../wire/protocol.js";
import { bytes, characters, isNotDeeperThan } from "../wire/shape.js";

export type Saying = { kind: "text"; body: { text: string } } | { kind: "data"; body: unknown };

/** Throws `invalid_message` or `too_large`. */
export function checkText(text: string): void {
  if (text === "") throw new HeliographError("invalid_message", "A text has to say something.");
  if (text.length > MAX_TEXT_CHARACTERS && characters(text) > MAX_TEXT_CHARACTERS) {
    throw new HeliographError("too_large", `A text has at most ${MAX_TEXT_CHARACTERS} characters.`);
  }
}

/** JSON as the receiver will read it. Throws `invalid_message` or `too_large`. */
export function checkData(data: unknown): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch {
    text = undefined; // circular, or a BigInt
  }
  if (text === undefined) throw new HeliographError("invalid_message", "Data has to be JSON.");
  const copy: unknown = JSON.parse(text);
  if (isNotDeeperThan(copy, MAX_DEPTH_LEVELS - 1)) return copy;
  throw new HeliographError("too_large", `Data is at most ${MAX_DEPTH_LEVELS - 1} levels deep.`);
}

/** An envelope that the servers take. Throws `too_large`. */
export function fit(envelope: Envelope): Envelope {
  if (bytes(JSON.stringify(envelope)) <= MAX_ENVELOPE_BYTES) return envelope;
  throw new HeliographError(
    "too_large",
    `At most ${MAX_ENVELOPE_BYTES} bytes go through the server.`,
  );
}
