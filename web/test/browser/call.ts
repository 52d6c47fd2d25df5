/** Buttons of a call that do nothing. */
import type { CallButtons } from "../../src/views/call-place.js";

const nothing = (): void => {};

export const NO_BUTTONS: CallButtons = { start: nothing, dismissProblem: nothing };
