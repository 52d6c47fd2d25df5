/** The whole room page: its screens, and the title of its tab. */
import type { State } from "../app/state.js";
import { h } from "../base/dom.js";
import { languageChoice } from "../base/language-choice.js";
import type { Language } from "../language/choose.js";
import { language, words } from "../words/page.js";
import { carried } from "./carried.js";
import { type JoiningActions, joiningView } from "./joining.js";
import { type RoomActions, roomView } from "./room.js";
import { screenView } from "./screen.js";
import { startView } from "./start.js";
import type { StartActions } from "./start-form.js";
import { titleOf } from "./title.js";
import { todayView } from "./today.js";
import "../room.css";

/** What the buttons and fields of all screens do. */
export interface PageActions extends StartActions, JoiningActions, RoomActions {
  changeLanguage(language: Language): void;
  /** The switch for notices is drawn there. */
  drawNotices(place: HTMLElement): void;
}

/** The room page. */
export interface PageView {
  show(state: State): void;
  /** Draws all of it again, in the words of now. What was typed stays. */
  drawAnew(): void;
}

/** Draws into `place`. `backends` are absolute addresses of the API, for the start screen. */
export function pageView(
  place: HTMLElement,
  actions: PageActions,
  backends: readonly string[],
): PageView {
  const showTitle = titleView();
  let drawing = drawingIn(place, actions, backends);
  let shown: State | null = null;
  const show = (state: State): void => {
    shown = state;
    drawing.show(state);
    showTitle(state);
  };
  return {
    show,
    drawAnew() {
      const putBack = carried(place);
      drawing.end();
      drawing = drawingIn(place, actions, backends);
      if (shown) show(shown);
      putBack();
    },
  };
}

interface Drawing {
  show(state: State): void;
  end(): void;
}

function drawingIn(place: HTMLElement, actions: PageActions, backends: readonly string[]): Drawing {
  const today = todayView(backends);
  const choice = () => languageChoice(words.language, language, actions.changeLanguage);
  const notices = () => {
    const at = h("div", { class: "notices" });
    actions.drawNotices(at);
    return at;
  };
  const screens = {
    start: () => startView(actions, today.element, choice()),
    joining: () => joiningView(actions),
    room: () => roomView(actions, notices(), choice()),
  };
  const show = screenView(place, screens, () => matchMedia("(pointer: fine)").matches);
  return {
    show(state) {
      show(state);
      today.watch(state.phase === "start");
    },
    end: () => today.watch(false),
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
