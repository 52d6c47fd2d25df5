import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SocketMemory } from "../../src/wire/socket-memory.js";
import { store } from "../turn/store.js";

const START = 1_795_290_000_000;
const KEY = "heliograph.sockets-blocked:https://a.service.signalr.net";
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

describe("the memory of WebSockets", () => {
  test("it remembers for ten minutes that a service is not reached by them, or until it is told", () => {
    const storage = store();
    const here = new SocketMemory(KEY, () => storage);
    const elsewhere = new SocketMemory(
      "heliograph.sockets-blocked:https://b.service.signalr.net",
      () => storage,
    );
    expect(here.areBlocked).toBe(false);
    here.rememberBlocked();
    expect([here.areBlocked, elsewhere.areBlocked]).toEqual([true, false]);
    expect([...storage.kept]).toEqual([[KEY, `${START}`]]);
    vi.advanceTimersByTime(599_999);
    expect(new SocketMemory(KEY, () => storage).areBlocked).toBe(true);
    vi.advanceTimersByTime(1);
    expect(here.areBlocked).toBe(false);
    here.rememberBlocked();
    here.forget();
    expect([here.areBlocked, storage.kept.size]).toEqual([false, 0]);
  });

  test.each(["junk", "", " ", `${START} tcp`, `-${START}`, "1e99", `${START + 60_000}`])(
    "what somebody else wrote there, %j, is none",
    (text) => {
      const storage = store();
      storage.setItem(KEY, text);
      expect(new SocketMemory(KEY, () => storage).areBlocked).toBe(false);
    },
  );

  test("storage that is closed to us is no memory", () => {
    const closed = new SocketMemory(KEY, () => {
      throw new DOMException("Denied.", "SecurityError");
    });
    closed.rememberBlocked();
    closed.forget();
    expect(closed.areBlocked).toBe(false);
  });
});
