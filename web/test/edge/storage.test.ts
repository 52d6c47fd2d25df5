import { describe, expect, it } from "vitest";
import {
  keepHost,
  keepInvite,
  keepName,
  keepSeat,
  readHost,
  readName,
  readSeat,
} from "../../src/edge/storage.js";
import { CODE, DAY_MS, hostInvite, hostKey, INVITE, INVITE_2, SECRET } from "../app/examples.js";
import { blockedStorage, fullStorage, MemoryStorage } from "./memory-world.js";

function storage(): { open: () => MemoryStorage; held: Map<string, string> } {
  const store = new MemoryStorage();
  return { open: () => store, held: store.held };
}
const secretOf = (n: number): string => `${n}`.padEnd(22, "s");

describe("a seat", () => {
  it("is kept for its own room only", () => {
    const { open } = storage();
    keepSeat(open, "R", { secret: SECRET, name: "Ada" });
    expect(readSeat(open, "R")).toEqual({ secret: SECRET, name: "Ada", inside: false });
    expect(readSeat(open, "S")).toBeUndefined();
  });

  it("is found, and changed, by every code that leads to its room", () => {
    const { open } = storage();
    keepSeat(open, INVITE, { secret: SECRET });
    keepSeat(open, INVITE, { name: "Ada", inside: true, code: CODE });
    keepSeat(open, CODE, { code: INVITE_2 });
    keepSeat(open, INVITE_2, { inside: false });
    for (const code of [INVITE, CODE, INVITE_2])
      expect(readSeat(open, code)).toEqual({ secret: SECRET, name: "Ada", inside: false });
  });

  it("takes the place of an older one when two invites turn out to lead to one room", () => {
    const { open } = storage();
    keepSeat(open, INVITE, { secret: secretOf(1), code: CODE });
    keepSeat(open, INVITE_2, { secret: secretOf(2) });
    keepSeat(open, INVITE_2, { inside: true, code: CODE });
    expect(readSeat(open, CODE)).toEqual({ secret: secretOf(2), inside: true });
    expect(readSeat(open, INVITE)).toBeUndefined();
  });

  it("is nothing without a secret", () => {
    const { open } = storage();
    keepSeat(open, "R", { inside: false });
    expect(readSeat(open, "R")).toBeUndefined();
  });

  it("is kept of the last 16 rooms", () => {
    const { open } = storage();
    for (let room = 0; room < 17; room += 1) keepSeat(open, `R${room}`, { secret: secretOf(room) });
    expect(readSeat(open, "R0")).toBeUndefined();
    for (let room = 1; room < 17; room += 1)
      expect(readSeat(open, `R${room}`)?.secret).toBe(secretOf(room));
  });

  it("does not grow without end with the invites of a busy host", () => {
    const { open, held } = storage();
    keepSeat(open, CODE, { secret: SECRET });
    for (let n = 0; n < 1_000; n += 1) keepSeat(open, CODE, { code: `~${n}`.padEnd(23, "i") });
    expect(held.get("heliograph.seats")?.length).toBeLessThan(2_000);
    expect(readSeat(open, "~999".padEnd(23, "i"))?.secret).toBe(SECRET);
    expect(readSeat(open, CODE)?.secret).toBe(SECRET);
  });
});

describe("a host key", () => {
  it("is found by the room and by its invites, old and new", () => {
    const { open } = storage();
    keepHost(open, hostKey(), 0);
    keepInvite(open, CODE, hostInvite({ code: INVITE_2, usesLeft: 3 }));
    for (const code of [CODE, INVITE, INVITE_2])
      expect(readHost(open, code, 0)).toEqual(
        hostKey({ invite: hostInvite({ code: INVITE_2, usesLeft: 3 }) }),
      );
    expect(readHost(open, "R", 0)).toBeUndefined();
  });

  it("ends with its room, and is forgotten when another one comes", () => {
    const { open, held } = storage();
    keepHost(open, hostKey(), 0);
    expect(readHost(open, CODE, DAY_MS - 1)).toBeDefined();
    expect(readHost(open, CODE, DAY_MS)).toBeUndefined();
    keepHost(open, hostKey({ room: "~other", endsAt: 3 * DAY_MS }), 2 * DAY_MS);
    expect(held.get("heliograph.hosts")).not.toContain(CODE);
  });

  it("is not made by an invite alone", () => {
    const { open } = storage();
    keepInvite(open, CODE, hostInvite());
    expect(readHost(open, CODE, 0)).toBeUndefined();
  });
});

const JUNK = ["", "null", "[", '"text"', "7", "{}", "[7]", "[null]", "[[]]", "[{}]"];

it.each([
  ...JUNK,
  '[{"codes":"~R","secret":"s"}]',
  '[{"codes":["R"],"secret":"short"}]',
  '[{"codes":["R",7],"secret":"secretsecretsecret-_01"}]',
])("reads junk %j as no seat", (junk) => {
  const { open, held } = storage();
  held.set("heliograph.seats", junk);
  expect(readSeat(open, "R")).toBeUndefined();
  keepSeat(open, "R", { secret: SECRET });
  expect(readSeat(open, "R")?.secret).toBe(SECRET);
});

it.each([
  ...JUNK,
  '[{"codes":["R"],"room":"R","hostToken":7,"endsAt":9}]',
  '[{"codes":["R"],"room":"R","hostToken":"h","endsAt":"9"}]',
])("reads junk %j as no host key", (junk) => {
  const { open, held } = storage();
  held.set("heliograph.hosts", junk);
  expect(readHost(open, "R", 0)).toBeUndefined();
});

it.each([7, null, {}, { code: "c", usesLeft: "1", endsAt: 1 }])(
  "drops an invite that is junk (%j), and keeps the host key",
  (invite) => {
    const { open, held } = storage();
    const record = { codes: ["R"], room: "R", hostToken: "h", endsAt: 9, invite, more: 1 };
    held.set("heliograph.hosts", JSON.stringify([record]));
    expect(readHost(open, "R", 0)).toEqual({ room: "R", hostToken: "h", endsAt: 9, invite: null });
  },
);

it.each([
  ["is blocked", blockedStorage],
  ["is full", fullStorage],
])("works where storage %s", (_, open) => {
  expect(() => keepSeat(open, "R", { secret: SECRET })).not.toThrow();
  expect(() => keepHost(open, hostKey(), 0)).not.toThrow();
  expect(() => keepName(open, "Ada")).not.toThrow();
  expect(readSeat(open, "R")).toBeUndefined();
  expect(readHost(open, CODE, 0)).toBeUndefined();
  expect(readName(open)).toBe("");
});

it("remembers the name used last", () => {
  const { open } = storage();
  expect(readName(open)).toBe("");
  keepName(open, "Ada");
  keepName(open, "Ben");
  expect(readName(open)).toBe("Ben");
});
