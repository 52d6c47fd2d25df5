/**
 * Names in sentences. A name in Hebrew or Arabic would turn the words beside it around, and one with
 * control characters of its own even the rest of the line (Unicode UAX #9). Pure.
 */

const FIRST_STRONG_ISOLATE = "\u2068";
const POP_ISOLATE = "\u2069";

/** A text of somebody else between marks, so that it turns nothing around but itself. */
export type Isolated = string & { readonly isolated: true };

/** Marks, embeddings, overrides and isolates: UAX #9 §2. */
const CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Without the characters that would turn around what stands beside the text, or feign another one. */
export const plain = (text: string): string => text.replace(CONTROLS, "");

/** For a sentence: `plain`, and between marks. */
export const isolate = (text: string): Isolated =>
  `${FIRST_STRONG_ISOLATE}${plain(text)}${POP_ISOLATE}` as Isolated;

/** A part of a sentence. */
export interface Piece {
  readonly text: string;
  /** Was between marks, which are taken off. */
  readonly isolated: boolean;
}

/** The sentence cut at the marks of `isolate`. */
export function piecesOf(sentence: string): Piece[] {
  return sentence.split(/(\u2068[^\u2069]*\u2069)/).flatMap((text) => {
    const isolated = text.startsWith(FIRST_STRONG_ISOLATE);
    return text === "" ? [] : { text: isolated ? text.slice(1, -1) : text, isolated };
  });
}
