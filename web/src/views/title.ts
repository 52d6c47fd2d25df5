import type { State } from "../app/state.js";
import { titleWords } from "../words/room.js";

/**
 * The title of the browser's tab. For a user who looks at another tab it counts the messages of
 * others since `hiddenSince` (milliseconds since 1970; infinity while the page is in sight).
 */
export function titleOf(state: State, hiddenSince: number): string {
  if (state.phase !== "room") return titleWords(null, 0);
  const { id, entries } = state.room;
  const unread = entries.filter(
    (entry) => entry.type === "text" && !entry.mine && entry.at >= hiddenSince,
  );
  return titleWords(id, unread.length);
}
