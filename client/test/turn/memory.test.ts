import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TurnMemory } from "../../src/turn/memory.js";
import { store } from "./store.js";

const START = 1_795_290_000_000;
beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

describe("the memory of TURN", () => {
  test("it remembers ten minutes that a relay was needed, unless a direct path is found", () => {
    const storage = store();
    const [here, elsewhere] = ["/api", "https://app.example/api"].map(
      (backend) => new TurnMemory(backend, () => storage),
    );
    expect(here?.network).toBeNull();
    here?.rememberNeeded("udp");
    expect([here?.network, elsewhere?.network]).toEqual(["symmetric", null]);
    vi.advanceTimersByTime(599_000);
    expect(here?.network).toBe("symmetric");
    vi.advanceTimersByTime(1_000);
    expect(here?.network).toBeNull();
    here?.rememberNeeded("udp");
    here?.forget();
    expect([here?.network, storage.kept.size]).toEqual([null, 0]);
  });

  test("it remembers that UDP was blocked, for as long, until a relay is reached by UDP", () => {
    const storage = store();
    const memory = new TurnMemory("/api", () => storage);
    memory.rememberNeeded("udpBlocked");
    expect(memory.network).toBe("udp-blocked");
    vi.advanceTimersByTime(600_000);
    expect(memory.network).toBeNull();
    memory.rememberNeeded("udpBlocked");
    memory.rememberNeeded("udp");
    expect(memory.network).toBe("symmetric");
  });

  test.each(["junk", "", " tcp", `${START} udp`, `${START + 60_000}`, `${START + 60_000} tcp`])(
    "what somebody else wrote there, %j, is none",
    (v) => {
      const storage = store();
      storage.setItem("heliograph.relayed:/api", v);
      expect(new TurnMemory("/api", () => storage).network).toBeNull();
    },
  );

  test("storage that is closed to us is no memory", () => {
    const memory = new TurnMemory("/api"); // there is no localStorage here
    memory.rememberNeeded("udp");
    memory.forget();
    expect(memory.network).toBeNull();
  });
});
