/** What the application says, held to the limits before it goes anywhere. */
import { HeliographError } from "../errors.js";

import { type Envelope, MAX_DEPTH, MAX_ENVELOPE, MAX_TEXT } from "../wire/protocol.js";
import { bytes, characters, isNotDeeperThan } from "../wire/shape.js";

export type Saying = { kind: "text"; body: { text: string } } | { kind: "data"; body: unknown };

/** Throws `invalid_message` or `too_large`. */
export function checkText(text: string): void {
  if (text === "") throw new HeliographError("invalid_message", "A text has to say something.");
  if (text.length > MAX_TEXT && characters(text) > MAX_TEXT) {
    throw new HeliographError("too_large", `A text has at most ${MAX_TEXT} characters.`);
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
  if (isNotDeeperThan(copy, MAX_DEPTH - 1)) return copy;
  throw new HeliographError("too_large", `Data is at most ${MAX_DEPTH - 1} levels deep.`);
}

/** An envelope that the servers take. Throws `too_large`. */
export function fit(envelope: Envelope): Envelope {
  if (bytes(JSON.stringify(envelope)) <= MAX_ENVELOPE) return envelope;
  throw new HeliographError("too_large", `At most ${MAX_ENVELOPE} bytes go through the server.`);
}
