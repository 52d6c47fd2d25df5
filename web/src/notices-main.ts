/** What is loaded a moment after a room was entered: notices of what happens while nobody looks. */
import type { State } from "./app/state.js";
import { browserBell, createNotices } from "./edge/notices.js";
import type { World } from "./edge/world.js";
import { type News, newsInFiles, newsInRoom, OFF, type Switch } from "./notices/model.js";
import { type Files, NO_FILES } from "./transfers/model.js";
import { noticesView } from "./views/notices.js";
import { noticeWords } from "./words/notices.js";

/** Gets what the page shows. */
export interface Noticed {
  drawIn(place: HTMLElement): void;
  state(state: State): void;
  files(files: Files): void;
}

/** Null where the browser has no notices. */
export function noticed({ siteStorage }: World): Noticed | null {
  const bell = browserBell(new URL("icon-192.png", document.baseURI).href);
  if (!bell) return null;
  let shown: (now: Switch) => void = () => {};
  let last = OFF;
  const wordsFor = ({ type, who }: News) => noticeWords(type, who);
  const notices = createNotices(bell, siteStorage, wordsFor, (now) => {
    last = now;
    shown(now);
  });
  return {
    drawIn(place) {
      const view = noticesView(notices.press);
      place.replaceChildren(view.element);
      shown = view.update;
      shown(last);
    },
    ...watching((news) => news.forEach(notices.tell)),
  };
}

/** Compares what is shown with what was shown before. */
function watching(tell: (news: readonly News[]) => void): Pick<Noticed, "state" | "files"> {
  let before: State | null = null;
  let filesBefore = NO_FILES;
  return {
    state(state) {
      if (state.phase === "room" && before?.phase === "room" && before.room.id === state.room.id)
        tell(newsInRoom(before.room, state.room));
      before = state;
    },
    files(files) {
      tell(newsInFiles(filesBefore, files));
      filesBefore = files;
    },
  };
}
