import { expect, it } from "vitest";
import { problemIn } from "../../src/app/form.js";
import { CODE, FORM } from "./examples.js";

it("has no problem with a name, and a room or a code", () => {
  expect(problemIn(FORM)).toBeNull();
  expect(problemIn({ ...FORM, room: CODE })).toBeNull();
});

it("says what is wrong with the room", () => {
  expect(problemIn({ room: "", name: "" })).toBe("room_missing");
  expect(problemIn({ room: "a b", name: "" })).toBe("invalid_room");
});

it.each([CODE.slice(0, -1), `${CODE}x`, "~", "~a b"])("says that the link %s was cut", (room) => {
  expect(problemIn({ ...FORM, room })).toBe("link_cut");
});

it("needs no name", () => {
  expect(problemIn({ ...FORM, name: "" })).toBeNull();
});
