/** What a side sends, as it tells the other one: the body of `media` (docs/protocol.md §5). Pure. */
import type { MediaSource, SentMedia } from "../types.js";
import { record } from "../wire/shape.js";
import { isSource } from "./sources.js";

/** By source: is it muted? What is missing is not sent. */
export type MediaState = ReadonlyMap<MediaSource, boolean>;

export function stateOf(sending: ReadonlyMap<MediaSource, SentMedia>): Record<string, boolean> {
  return Object.fromEntries([...sending].map(([source, { muted }]) => [source, muted]));
}

/** Null on junk. A source of a newer version is left out. */
export function parseState(body: unknown): MediaState | null {
  const fields = record(body);
  if (!fields || Object.values(fields).some((muted) => typeof muted !== "boolean")) return null;
  const known = Object.entries(fields).filter(([source]) => isSource(source));
  return new Map(known as [MediaSource, boolean][]);
}
