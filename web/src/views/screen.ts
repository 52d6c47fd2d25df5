import type { Entering, InRoom, Phase, Start, State } from "../app/state.js";
import type { View } from "../base/dom.js";

/** Makes a new view of each screen. */
export interface Screens {
  start(): View<Start>;
  joining(): View<Entering>;
  room(): View<InRoom>;
}

type ScreenName = keyof Screens;

/** Which screen shows which phase. */
const SCREEN_OF: Readonly<Record<Phase, ScreenName>> = {
  start: "start",
  creating: "joining",
  joining: "joining",
  waiting: "joining",
  room: "room",
};

/**
 * Draws the state into `place`: updates the screen that is shown, or replaces it by a new one.
 * `typing` says whether the user can type at once, without a keyboard that covers the screen.
 */
export function screenView(
  place: HTMLElement,
  screens: Screens,
  typing: () => boolean,
): (state: State) => void {
  let shown: ScreenName | null = null;
  let view: View<State> | null = null;
  return (state) => {
    const name = SCREEN_OF[state.phase];
    const isNew = name !== shown || view === null;
    if (isNew) {
      shown = name;
      view = screens[name]() as View<State>;
      place.replaceChildren(view.element);
    }
    view?.update(state);
    if (isNew && view) focus(view.element, name, typing());
  };
}

function focus(element: HTMLElement, name: ScreenName, typing: boolean): void {
  if (name === "start") return; // it focuses one of its fields itself
  const selector = name === "room" && typing ? "#chat-input" : "h1";
  element.querySelector<HTMLElement>(selector)?.focus();
}
