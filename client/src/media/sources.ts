/** The four sources, and which of them belong together. Pure. */
import type { MediaSource } from "../types.js";

/** In the order of their slots in a description (docs/protocol.md §5). */
export const SOURCES = ["microphone", "camera", "screen", "screen-audio"] as const;

export const isSource = (value: unknown): value is MediaSource =>
  (SOURCES as readonly unknown[]).includes(value);

export const kindOf = (source: MediaSource): "audio" | "video" =>
  source === "microphone" || source === "screen-audio" ? "audio" : "video";

/** What is heard and seen in step: microphone and camera, the screen and its sound. */
export type Group = "person" | "screen";

export const groupOf = (source: MediaSource): Group =>
  source === "microphone" || source === "camera" ? "person" : "screen";
