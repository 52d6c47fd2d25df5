/** Keeps the screen on while it is needed. A browser lets go of it whenever the page is hidden. */
export function stayAwake(): (isNeeded: boolean) => void {
  let isOn = false;
  let lock: Promise<WakeLockSentinel | null> | null = null;
  const again = (): void => {
    if (!document.hidden) lock = requestLock();
  };

  return (isNeeded) => {
    if (isNeeded === isOn) return;
    isOn = isNeeded;
    if (isNeeded) {
      lock = requestLock();
      document.addEventListener("visibilitychange", again);
    } else {
      document.removeEventListener("visibilitychange", again);
      void lock?.then((held) => held?.release());
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
