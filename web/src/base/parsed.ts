/** What is being read: the document. */
export interface Reading extends EventTarget {
  readonly readyState: DocumentReadyState;
}

/** Resolves when the HTML has been read: an async script may run before. */
export function parsed(page: Reading): Promise<void> {
  if (page.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) => {
    page.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
  });
}
