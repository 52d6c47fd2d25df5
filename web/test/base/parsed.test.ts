import { expect, it } from "vitest";
import { parsed } from "../../src/base/parsed.js";

class Page extends EventTarget {
  constructor(readonly readyState: DocumentReadyState) {
    super();
  }
}

it.each(["interactive", "complete"] as const)(
  "does not wait for a page that is %s",
  async (state) => {
    await parsed(new Page(state));
  },
);

it("waits for the end of a page that is still being read", async () => {
  const page = new Page("loading");
  let done = false;
  const waiting = parsed(page).then(() => {
    done = true;
  });
  await Promise.resolve();
  expect(done).toBe(false);
  page.dispatchEvent(new Event("DOMContentLoaded"));
  await waiting;
  expect(done).toBe(true);
});
