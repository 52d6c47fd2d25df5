/** What is loaded while the seat is asked for: the screens, their words, and the files of a room. */
import type { Room } from "@heliograph/client";
import type { Form, NewRoom } from "./app/form.js";
import type { State } from "./app/state.js";
import { once } from "./base/once.js";
import { save } from "./base/save.js";
import type { App } from "./edge/app.js";
import { callsOfRooms } from "./edge/calls.js";
import { guard } from "./edge/guard.js";
import { keepLanguage } from "./edge/language.js";
import { filesOfRooms } from "./edge/rooms-files.js";
import { askWords } from "./edge/words.js";
import type { World } from "./edge/world.js";
import { type Language, type Tongue, tongueOf } from "./language/choose.js";
import type { Noticed } from "./notices-main.js";
import type { Files, Picked } from "./transfers/model.js";
import { type PageActions, pageView } from "./views/page.js";
import { language, type PageTable, speak } from "./words/page.js";
import { pageTable } from "./words/tables.js";

const NOTICES_MS = 1_000;
/** Two at a time would add the style sheet twice. */
const later = once(() => import("./later-main.js"));

/** Draws each state that it is given into `place`. `table` has the words of `tongue`. */
export function screens(
  place: HTMLElement,
  app: App,
  world: World,
  tongue: Tongue,
  table: PageTable | null,
): (state: State) => void {
  const { backends, siteStorage } = world;
  say(table, tongue);
  const notices = noticesLater(world);
  const actions = { ...actionsOf(app, notices.files), drawNotices: notices.drawIn, changeLanguage };
  const page = pageView(place, actions, backends);
  let wanted: Language = language;

  /** The page is not loaded again: whoever is in a room stays there, and files go on. */
  async function changeLanguage(chosen: Language): Promise<void> {
    wanted = chosen;
    const loaded = await pageTable(chosen);
    if (wanted !== chosen) return; // another one was chosen meanwhile
    say(loaded, tongueOf(chosen, navigator.languages));
    keepLanguage(siteStorage, language);
    page.drawAnew();
  }

  return (state) => {
    page.show(state);
    notices.state(state);
  };
}

/** No call waits for these: they come a moment after the room is drawn. */
function noticesLater(world: World): Noticed {
  let loaded: Noticed | null = null;
  let place: HTMLElement | null = null;
  async function load(): Promise<void> {
    const { noticed } = await later();
    loaded ??= noticed(world);
    if (place) loaded?.drawIn(place);
  }
  return {
    drawIn(at) {
      place = at;
      if (loaded) loaded.drawIn(at);
      else setTimeout(() => load().catch(() => {}), NOTICES_MS);
    },
    state: (state) => loaded?.state(state),
    files: (files) => loaded?.files(files),
  };
}

function say(table: PageTable | null, tongue: Tongue): void {
  speak(table, tongue);
  document.documentElement.lang = language;
}

function actionsOf(
  app: App,
  filesChanged: (files: Files) => void,
): Omit<PageActions, "changeLanguage" | "drawNotices"> {
  let toSend: readonly Picked[] = []; // in the room that is being made for them
  const follow = filesOfRooms(save, guard);
  const followCall = callsOfRooms(async () => (await later()).callOf);
  const current = (): Room => {
    if (!app.room) throw new Error("the page is in no room");
    return app.room;
  };
  return {
    ...app,
    enter(form: Form) {
      toSend = [];
      app.enter(form);
    },
    create(form: Form, options: NewRoom) {
      toSend = [];
      app.create(form, options);
    },
    sendFiles(form: Form, options: NewRoom, files: readonly Picked[]) {
      toSend = files;
      app.create(form, options);
    },
    askWords: (id: string) => askWords(app.room, id),
    followFiles(show) {
      const files = follow(current(), (now) => {
        show(now);
        filesChanged(now);
      });
      files.send(toSend);
      toSend = [];
      return files;
    },
    followCall: (place) => followCall(current(), place),
  };
}
