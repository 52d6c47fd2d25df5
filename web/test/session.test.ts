import { expect, it } from "vitest";
import { keepName, keepSeat, readName, readSeat } from "../src/session.js";

function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    clear: () => kept.clear(),
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

const closed = new Proxy({} as Storage, {
  get() {
    throw new DOMException("The operation is insecure.", "SecurityError");
  },
});

it("keeps a seat for its own room only", () => {
  const store = memory();
  keepSeat(store, "R", { name: "Ada", token: "t" });
  expect(readSeat(store, "R")).toEqual({ name: "Ada", token: "t" });
  expect(readSeat(store, "S")).toEqual({});
});

it("forgets the peer token and keeps the host token", () => {
  const store = memory();
  keepSeat(store, "R", { token: "t", hostToken: "h" });
  keepSeat(store, "R", { token: undefined });
  expect(readSeat(store, "R")).toEqual({ hostToken: "h" });
});

it.each(["", "null", "[", '"text"', "7"])("reads junk %j as no seat", (junk) => {
  const store = memory();
  store.setItem("heliograph.room.R", junk);
  expect(readSeat(store, "R")).toEqual({});
});

it("drops members of another type", () => {
  const store = memory();
  store.setItem("heliograph.room.R", '{"token":7,"name":"Ada","more":"x"}');
  expect(readSeat(store, "R")).toEqual({ name: "Ada" });
});

it("works without storage", () => {
  keepSeat(closed, "R", { token: "t" });
  keepName(closed, "Ada");
  expect(readSeat(closed, "R")).toEqual({});
  expect(readName(closed)).toBe("");
});

it("remembers the name used last", () => {
  const store = memory();
  keepName(store, "Ada");
  expect(readName(store)).toBe("Ada");
});
