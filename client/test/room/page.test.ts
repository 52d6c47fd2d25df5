import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listenToPage } from "../../src/room/page.js";

let page: EventTarget;

beforeEach(() => {
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
});
afterEach(() => void vi.unstubAllGlobals());

const hide = (persisted: boolean) =>
  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted }));

function listen() {
  const listeners = { unloaded: vi.fn(), networkChanged: vi.fn() };
  return { ...listeners, stop: listenToPage(listeners) };
}

test("a page that is closed is unloaded", () => {
  const { unloaded, networkChanged } = listen();
  hide(false);
  expect([unloaded.mock.calls.length, networkChanged.mock.calls.length]).toEqual([1, 0]);
});

test("a page that goes to the back/forward cache is not", () => {
  const { unloaded } = listen();
  hide(true);
  expect(unloaded).not.toHaveBeenCalled();
  hide(false);
  expect(unloaded).toHaveBeenCalledTimes(1);
});

test("the network that is back is told each time", () => {
  const { networkChanged } = listen();
  page.dispatchEvent(new Event("online"));
  page.dispatchEvent(new Event("online"));
  expect(networkChanged).toHaveBeenCalledTimes(2);
});

test("who stops listening hears nothing more", () => {
  const { unloaded, networkChanged, stop } = listen();
  stop();
  hide(false);
  page.dispatchEvent(new Event("online"));
  expect([unloaded.mock.calls.length, networkChanged.mock.calls.length]).toEqual([0, 0]);
});

test("another kind of network is told, and no other news of it", () => {
  const connection = Object.assign(new EventTarget(), { type: "wifi" });
  vi.stubGlobal("navigator", { connection });
  const { networkChanged, stop } = listen();
  const change = (type: string) => {
    connection.type = type;
    connection.dispatchEvent(new Event("change"));
  };
  change("wifi");
  expect(networkChanged).not.toHaveBeenCalled();
  change("cellular");
  change("cellular");
  expect(networkChanged).toHaveBeenCalledTimes(1);
  stop();
  change("wifi");
  expect(networkChanged).toHaveBeenCalledTimes(1);
});
