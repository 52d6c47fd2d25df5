import { expect, it } from "vitest";
import { keepName, keepSeat, readName, readSeat } from "../../src/edge/storage.js";
import { blockedStorage, fullStorage, MemoryStorage } from "./memory-world.js";

function storage(): { open: () => MemoryStorage; held: Map<string, string> } {
  const store = new MemoryStorage();
  return { open: () => store, held: store.held };
}

it("keeps a seat for its own room only", () => {
  const { open } = storage();
  keepSeat(open, "R", { name: "Ada", token: "t" });
  expect(readSeat(open, "R")).toEqual({ name: "Ada", token: "t" });
  expect(readSeat(open, "S")).toEqual({});
});

it("forgets the peer token and keeps the host token", () => {
  const { open } = storage();
  keepSeat(open, "R", { token: "t", hostToken: "h" });
  keepSeat(open, "R", { token: undefined });
  expect(readSeat(open, "R")).toEqual({ hostToken: "h" });
});

it.each(["", "null", "[", '"text"', "7", "[]"])("reads junk %j as no seat", (junk) => {
  const { open, held } = storage();
  held.set("heliograph.room.R", junk);
  expect(readSeat(open, "R")).toEqual({});
});

it("drops members of another type, and members it does not know", () => {
  const { open, held } = storage();
  held.set("heliograph.room.R", '{"token":7,"name":"Ada","more":"x"}');
  expect(readSeat(open, "R")).toEqual({ name: "Ada" });
});

it.each([
  ["is blocked", blockedStorage],
  ["is full", fullStorage],
])("works where storage %s", (_, open) => {
  expect(() => keepSeat(open, "R", { token: "t" })).not.toThrow();
  expect(() => keepName(open, "Ada")).not.toThrow();
  expect(readSeat(open, "R")).toEqual({});
  expect(readName(open)).toBe("");
});

it("remembers the name used last", () => {
  const { open } = storage();
  expect(readName(open)).toBe("");
  keepName(open, "Ada");
  keepName(open, "Ben");
  expect(readName(open)).toBe("Ben");
});
