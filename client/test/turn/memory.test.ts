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
    expect(here?.turnNeeded).toBe(false);
    here?.rememberNeeded();
    expect([here?.turnNeeded, elsewhere?.turnNeeded]).toEqual([true, false]);
    vi.advanceTimersByTime(599_000);
    expect(here?.turnNeeded).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(here?.turnNeeded).toBe(false);
    here?.rememberNeeded();
    here?.forget();
    expect([here?.turnNeeded, storage.kept.size]).toEqual([false, 0]);
  });

  test.each(["junk", "", `${START + 60_000}`])(
    "what somebody else wrote there, %j, is none",
    (v) => {
      const storage = store();
      storage.setItem("heliograph.relayed:/api", v);
      expect(new TurnMemory("/api", () => storage).turnNeeded).toBe(false);
    },
  );

  test("storage that is closed to us is no memory", () => {
    const memory = new TurnMemory("/api"); // there is no localStorage here
    memory.rememberNeeded();
    memory.forget();
    expect(memory.turnNeeded).toBe(false);
  });
});
