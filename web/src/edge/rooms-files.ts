/** The files of a room outlive the screen that shows them: another language draws it anew. */
import type { Room } from "@heliograph/client";
import { type Files, NO_FILES } from "../transfers/model.js";
import { type FilesActions, followFiles, type Save } from "./files.js";

type Show = (files: Files) => void;

interface Followed {
  readonly actions: FilesActions;
  readonly showTo: (show: Show) => void;
}

/** Gives what follows a room: its newest `show` is called with each new state, and at once. */
export function filesOfRooms(
  save: Save,
  guard: () => Show,
): (room: Room, show: Show) => FilesActions {
  const rooms = new WeakMap<Room, Followed>();
  return (room, show) => {
    const followed = rooms.get(room) ?? follow(room, save, guard());
    rooms.set(room, followed);
    followed.showTo(show);
    return followed.actions;
  };
}

function follow(room: Room, save: Save, keep: Show): Followed {
  let last = NO_FILES;
  let shown: Show = () => {};
  const actions = followFiles(room, save, (files) => {
    last = files;
    keep(files);
    shown(files);
  });
  return {
    actions,
    showTo(show) {
      shown = show;
      show(last);
    },
  };
}
