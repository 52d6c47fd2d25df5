/** Buttons of files that do nothing. */
import type { FilesActions } from "../../src/views/room.js";

const nothing = (): void => {};

export const NO_ACTIONS: FilesActions = {
  send: nothing,
  choose: nothing,
  cancelChoice: nothing,
  accept: nothing,
  decline: nothing,
  pause: nothing,
  resume: nothing,
  cancel: nothing,
  dismiss: nothing,
  dismissProblem: nothing,
};
