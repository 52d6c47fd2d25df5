/** Buttons of a call that do nothing. */
import type { CallButtons } from "../../src/call/place.js";

const nothing = (): void => {};

export const NO_BUTTONS: CallButtons = { start: nothing, dismissProblem: nothing };
