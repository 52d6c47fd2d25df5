/**
 * Notices of what happens while nobody looks at the page. Pure.
 *
 * | The switch is  | pressed                | the browser answers                     |
 * |----------------|------------------------|-----------------------------------------|
 * | off            | asking                 | –                                       |
 * | asking         | –                      | on if it allows them, else off: problem |
 * | on             | off                    | –                                       |
 *
 * | While it is on and the page is hidden | a notice says |
 * |---------------------------------------|---------------|
 * | somebody writes                       | who           |
 * | somebody offers a file                | who           |
 * | somebody comes                        | who           |
 *
 * It never says what was written, or what a file is called: others may see the screen.
 */
import type { Entry } from "../app/log.js";
import type { RoomView } from "../app/room.js";
import type { Files } from "../transfers/model.js";

export interface Switch {
  readonly state: "off" | "asking" | "on";
  /** Why it is not on though it was pressed. */
  readonly problem: "media_denied" | "unsupported" | null;
}

export type SwitchEvent =
  | { readonly type: "pressed" }
  | { readonly type: "allowed" | "denied" | "failed" };

/** What has happened. */
export interface News {
  readonly type: "text" | "file" | "joined";
  /** The name of who did it; it may be empty. */
  readonly who: string;
}

export const OFF: Switch = { state: "off", problem: null };
export const ON: Switch = { state: "on", problem: null };

/** The switch after `event`. */
export function stepSwitch(before: Switch, event: SwitchEvent): Switch {
  const { state } = before;
  switch (event.type) {
    case "pressed":
      if (state === "asking") return before;
      return state === "on" ? OFF : { state: "asking", problem: null };
    case "allowed":
      return state === "asking" ? ON : before;
    case "denied":
      return state === "asking" ? { state: "off", problem: "media_denied" } : before;
    case "failed":
      return { state: "off", problem: "unsupported" };
  }
}

/** What others have written and who has come since `before`, in the same room. */
export function newsInRoom(before: RoomView, { entries }: RoomView): readonly News[] {
  return entries.filter(({ id }) => id >= before.nextEntry).flatMap(newsOf);
}

function newsOf(entry: Entry): readonly News[] {
  if (entry.type === "text") return entry.mine ? [] : [{ type: "text", who: entry.name }];
  return entry.what.type === "joined" ? [{ type: "joined", who: entry.what.name }] : [];
}

/** Files that were offered to us since `before`: one piece of news for each person. */
export function newsInFiles(before: Files, { rows }: Files): readonly News[] {
  const known = new Set(before.rows.map(({ id }) => id));
  const offered = rows.filter(
    ({ id, direction, state }) => direction === "down" && state === "offered" && !known.has(id),
  );
  const names = new Map(offered.map(({ peer, who }) => [peer, who]));
  return [...names.values()].map((who) => ({ type: "file", who }));
}
