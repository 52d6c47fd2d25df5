/** While files are under way: the page asks before it goes, and the screen stays on. */
import { type Files, isUnderWay } from "../transfers/model.js";

/** A function that is told of each state. */
export function guard(): (files: Files) => void {
  let lock: Promise<WakeLockSentinel | null> | null = null;
  let isAsking = false;
  const ask = (event: Event): void => event.preventDefault();

  return ({ rows }) => {
    const isNeeded = rows.some(isUnderWay);
    if (isNeeded !== isAsking) {
      isAsking = isNeeded;
      if (isNeeded) window.addEventListener("beforeunload", ask);
      else window.removeEventListener("beforeunload", ask);
    }
    const isMoving = rows.some(({ state }) => state === "moving");
    if (isMoving && !lock) lock = requestLock();
    if (!isMoving && lock) {
      void lock.then((held) => held?.release());
      lock = null;
    }
  };
}

/** Null where the browser has none, or refuses it. */
const requestLock = async (): Promise<WakeLockSentinel | null> => {
  try {
    return await navigator.wakeLock.request("screen");
  } catch {
    return null;
  }
};
