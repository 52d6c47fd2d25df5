/**
 * What a room needs a moment after it is drawn: the call, and notices. One file for both: of two, what
 * they share with the screens would be a third one, to load before the screens.
 */
export { callOf } from "./call-main.js";
export { noticed } from "./notices-main.js";
