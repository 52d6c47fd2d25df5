/** What a room wants to know of its page. */
export interface PageListeners {
  /** The page goes away for good. */
  unloaded(): void;
  /** The browser says that the network is back. */
  online(): void;
}

/**
 * Listens to the page; the answer stops it. A page that the browser keeps to show again (bfcache)
 * does not count as unloaded: its seat waits 30 s as after any lost socket.
 */
export function listenToPage({ unloaded, online }: PageListeners): () => void {
  const hide = (event: PageTransitionEvent) => {
    if (!event.persisted) unloaded();
  };
  addEventListener("pagehide", hide);
  addEventListener("online", online);
  return () => {
    removeEventListener("pagehide", hide);
    removeEventListener("online", online);
  };
}
