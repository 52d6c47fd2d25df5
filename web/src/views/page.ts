/** The whole room page: its screens, and the title of its tab. */
import type { State } from "../app/state.js";
import { type JoiningActions, joiningView } from "./joining.js";
import { type RoomActions, roomView } from "./room.js";
import { screenView } from "./screen.js";
import { startView } from "./start.js";
import type { StartActions } from "./start-form.js";
import { titleOf } from "./title.js";
import { todayView } from "./today.js";
import "../room.css";

/** What the buttons and fields of all screens do. */
export interface PageActions extends StartActions, JoiningActions, RoomActions {}

/**
 * Draws each state that it is given into `place`. `backends` are absolute addresses of the API, for
 * the start screen.
 */
export function pageView(
  place: HTMLElement,
  actions: PageActions,
  backends: readonly string[],
): (state: State) => void {
  const today = todayView(backends);
  const show = screenView(
    place,
    {
      start: () => startView(actions, today.element),
      joining: () => joiningView(actions),
      room: () => roomView(actions),
    },
    () => matchMedia("(pointer: fine)").matches,
  );
  const showTitle = titleView();
  return (state) => {
    show(state);
    today.watch(state.phase === "start");
    showTitle(state);
  };
}

/** Counts what came while nobody looked at the page. */
function titleView(): (state: State) => void {
  let hiddenSince = Number.POSITIVE_INFINITY;
  let shown: State | null = null;
  const show = () => {
    if (shown) document.title = titleOf(shown, hiddenSince);
  };
  document.addEventListener("visibilitychange", () => {
    hiddenSince = document.hidden ? Date.now() : Number.POSITIVE_INFINITY;
    show();
  });
  return (state) => {
    shown = state;
    show();
  };
}
