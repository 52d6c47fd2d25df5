/** What a room wants to know of its page. */
export interface PageListeners {
  /** The page goes away for good. */
  unloaded(): void;
  /** The browser says that the network is back, or another one. */
  networkChanged(): void;
}

/**
 * Listens to the page; the answer stops it. A page that the browser keeps to show again (bfcache)
 * does not count as unloaded: its seat waits 30 s as after any lost socket.
 */
export function listenToPage({ unloaded, networkChanged }: PageListeners): () => void {
  const information = networkInformation();
  let type = information?.type;
  const hide = (event: PageTransitionEvent) => {
    if (!event.persisted) unloaded();
  };
  const change = () => {
    if (information?.type !== type) networkChanged();
    type = information?.type;
  };
  addEventListener("pagehide", hide);
  addEventListener("online", networkChanged);
  information?.addEventListener("change", change);
  return () => {
    removeEventListener("pagehide", hide);
    removeEventListener("online", networkChanged);
    information?.removeEventListener("change", change);
  };
}

/** Network Information API: from Wi-Fi to a mobile network there may be no moment without any. */
type NetworkInformation = EventTarget & { readonly type?: string };

/** Chromium has it, and says the type on phones. */
function networkInformation(): NetworkInformation | undefined {
  return (globalThis.navigator as { connection?: NetworkInformation } | undefined)?.connection;
}
