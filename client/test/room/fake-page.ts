import { vi } from "vitest";

/** Node has no page: this target gets its events, until `vi.unstubAllGlobals`. */
export function installPage(): EventTarget {
  const page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  vi.stubGlobal("navigator", { userAgent: "" });
  return page;
}
