import { expect, it } from "vitest";
import { isRoom, problemIn } from "../../src/app/form.js";

const FORM = { room: "R", name: "Ada", invite: "" };

it.each(["a", "A-z_9", "x".repeat(64)])("takes %s for a room", (room) => {
  expect(isRoom(room)).toBe(true);
});

it.each(["", "a b", "ä", "x".repeat(65), "a/b", "a\n"])("does not take %j for a room", (room) => {
  expect(isRoom(room)).toBe(false);
});

it("has no problem with a room and a name", () => {
  expect(problemIn(FORM, {})).toBeNull();
});

it("names the room before the name", () => {
  expect(problemIn({ room: "", name: "", invite: "" }, {})).toBe("room_missing");
  expect(problemIn({ room: "a b", name: "", invite: "" }, {})).toBe("invalid_room");
});

it("needs a name, unless a kept identity brings its own", () => {
  expect(problemIn({ ...FORM, name: "" }, { hostToken: "h" })).toBe("name_missing");
  expect(problemIn({ ...FORM, name: "" }, { token: "t" })).toBeNull();
});
