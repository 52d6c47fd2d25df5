import { expect, it } from "vitest";
import { goodFor, newInvite, renewal, withUse } from "../../src/app/host.js";
import { INVITE } from "./examples.js";

const MINUTE_MS = 60_000;
const invite = newInvite(INVITE, { uses: 2, ttlSeconds: 3_600 }, 1_000);

it("counts the time of an invite from the moment we asked for it", () => {
  expect(invite).toEqual({ code: INVITE, usesLeft: 2, endsAt: 3_601_000 });
});

it("is good until one minute before its end", () => {
  expect(goodFor(invite, 1_000)).toBe(59 * MINUTE_MS);
  expect(goodFor(invite, 1_000 + 59 * MINUTE_MS)).toBe(0);
  expect(goodFor(invite, 1_000 + 90 * MINUTE_MS)).toBe(0);
});

it("is spent when as many people have come as it lets in", () => {
  expect(goodFor(withUse(invite), 1_000)).toBeGreaterThan(0);
  expect(goodFor(withUse(withUse(invite)), 1_000)).toBe(0);
  expect(goodFor(withUse(withUse(withUse(invite))), 1_000)).toBe(0);
});

it("is renewed for a full room, for as long as a room can exist", () => {
  expect(renewal(4)).toEqual({ uses: 4, ttl: 86_400 });
});
