/** What is loaded while the seat is asked for: the screens, and the files of a room. */
import type { Form, NewRoom } from "./app/form.js";
import type { State } from "./app/state.js";
import { save } from "./base/save.js";
import type { App } from "./edge/app.js";
import { followFiles } from "./edge/files.js";
import { guard } from "./edge/guard.js";
import { askWords } from "./edge/words.js";
import type { Picked } from "./transfers/model.js";
import { pageView } from "./views/page.js";

/** Draws each state that it is given into `place`. */
export function screens(
  place: HTMLElement,
  app: App,
  backends: readonly string[],
): (state: State) => void {
  let toSend: readonly Picked[] = []; // in the room that is being made for them
  const actions = {
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
      app.create(form, options, true);
    },
    askWords: (id: string) => askWords(app.room, id),
    followFiles(show: Parameters<typeof followFiles>[2]) {
      const { room } = app;
      if (!room) throw new Error("the page is in no room");
      const keep = guard();
      const files = followFiles(room, save, (state) => {
        keep(state);
        show(state);
      });
      files.send(toSend);
      toSend = [];
      return files;
    },
  };
  return pageView(place, actions, backends);
}
