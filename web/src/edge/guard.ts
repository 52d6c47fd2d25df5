/** While files are under way: the page asks before it goes, and the screen stays on. */
import { type Files, isUnderWay } from "../transfers/model.js";
import { stayAwake } from "./stay-awake.js";

/** A function that is told of each state. */
export function guard(): (files: Files) => void {
  const awake = stayAwake();
  let isAsking = false;
  const ask = (event: Event): void => event.preventDefault();

  return ({ rows }) => {
    const isNeeded = rows.some(isUnderWay);
    if (isNeeded !== isAsking) {
      isAsking = isNeeded;
      if (isNeeded) window.addEventListener("beforeunload", ask);
      else window.removeEventListener("beforeunload", ask);
    }
    awake(rows.some(({ state }) => state === "moving"));
  };
}
