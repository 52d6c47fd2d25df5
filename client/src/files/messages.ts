/**
 * What goes through the channel for files (docs/protocol.md §8): texts of JSON, and after a `block`
 * its bytes in binary messages. A parser answers null on junk.
 *
 * | From the sender | Means |
 * |---|---|
 * | offer | there is a file; also said anew whenever the channel is a new one |
 * | start | the next block is the one at `at` |
 * | block | `size` bytes follow, with this hash |
 * | end | that was all; `root` is the hash over the hashes of all blocks |
 *
 * | From the receiver | Means |
 * |---|---|
 * | accept | send from `at` on; `root` is over the blocks before it, which are there already |
 * | decline | not wanted |
 * | have | all before `at` is checked and kept |
 * | again | the block at `at` is not what its hash says |
 * | done | all is there, and `root` is right |
 *
 * From both: hold, go on, cancel. And `seen`, of no file: how many bytes of files have come through this
 * channel, told for every 16 KiB or more, so that the sender knows what is under way.
 */
import { isCount, isString, matches, parseJson, record } from "../wire/shape.js";

export interface FileOffer {
  readonly t: "offer";
  readonly id: string;
  /** Folders and name, joined by `/`. */
  readonly path: string;
  /** Bytes; null if that is not known before the end. */
  readonly size: number | null;
  readonly type: string;
}

export type FileMessage =
  | FileOffer
  | { readonly t: "start"; readonly id: string; readonly at: number }
  | {
      readonly t: "block";
      readonly id: string;
      readonly at: number;
      readonly size: number;
      readonly hash: string;
    }
  | { readonly t: "end"; readonly id: string; readonly at: number; readonly root: string }
  | { readonly t: "accept"; readonly id: string; readonly at: number; readonly root: string }
  | { readonly t: "have" | "again"; readonly id: string; readonly at: number }
  | { readonly t: "decline" | "done" | "hold" | "go"; readonly id: string }
  | { readonly t: "cancel"; readonly id: string; readonly code?: string }
  | { readonly t: "seen"; readonly bytes: number };

/** All but the last block of a file have so many bytes. */
export const BLOCK_BYTES = 1_048_576;
/** So many of them are under way at most: not yet kept by the receiver. */
export const WINDOW_BYTES = 16 * BLOCK_BYTES;
const MAX_PATH_CHARACTERS = 4_096;
const MAX_TYPE_CHARACTERS = 255;
const MAX_CODE_CHARACTERS = 64;
const MAX_TEXT = 32_768;
const ID = /^[A-Za-z0-9_-]{16}$/;
/** SHA-256 in base64url. */
const HASH = /^[A-Za-z0-9_-]{43}$/;

export function parseFileMessage(text: string): FileMessage | null {
  const fields = text.length <= MAX_TEXT ? record(parseJson(text)) : null;
  if (fields?.t === "seen")
    return isCount(fields.bytes) ? { t: "seen", bytes: fields.bytes } : null;
  if (!fields || !matches(fields.id, ID)) return null;
  const { t, id, at, root } = fields;
  switch (t) {
    case "offer":
      return parseOffer(id, fields);
    case "block":
      return parseBlock(id, fields);
    case "start":
    case "have":
    case "again":
      return isCount(at) ? { t, id, at } : null;
    case "accept":
    case "end":
      return isCount(at) && matches(root, HASH) ? { t, id, at, root } : null;
    case "decline":
    case "done":
    case "hold":
    case "go":
      return { t, id };
    case "cancel":
      return isString(fields.code, 1, MAX_CODE_CHARACTERS)
        ? { t, id, code: fields.code }
        : { t, id };
    default:
      return null;
  }
}

function parseOffer(id: string, fields: Record<string, unknown>): FileOffer | null {
  const { path, size, type } = fields;
  if (!isString(path, 0, MAX_PATH_CHARACTERS) || !isString(type, 0, MAX_TYPE_CHARACTERS))
    return null;
  if (size !== null && !isCount(size)) return null;
  return { t: "offer", id, path, size, type };
}

function parseBlock(id: string, fields: Record<string, unknown>): FileMessage | null {
  const { at, size, hash } = fields;
  if (!isCount(at) || at % BLOCK_BYTES !== 0 || !isCount(size)) return null;
  if (size < 1 || size > BLOCK_BYTES || !matches(hash, HASH)) return null;
  return { t: "block", id, at, size, hash };
}
