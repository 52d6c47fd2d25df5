import { expect, it } from "vitest";
import { problemIn } from "../../src/app/form.js";
import { CODE, FORM, SEAT } from "./examples.js";

it("has no problem with a name, and a room or a code", () => {
  expect(problemIn(FORM, SEAT)).toBeNull();
  expect(problemIn({ ...FORM, room: CODE }, SEAT)).toBeNull();
});

it("names the room before the name", () => {
  expect(problemIn({ room: "", name: "" }, SEAT)).toBe("room_missing");
  expect(problemIn({ room: "a b", name: "" }, SEAT)).toBe("invalid_room");
});

it.each([CODE.slice(0, -1), `${CODE}x`, "~", "~a b"])("says that the link %s was cut", (room) => {
  expect(problemIn({ ...FORM, room }, SEAT)).toBe("link_cut");
});

it("needs a name, of a host too, but not of somebody who was inside", () => {
  expect(problemIn({ ...FORM, name: "" }, SEAT)).toBe("name_missing");
  expect(problemIn({ ...FORM, name: "" }, { ...SEAT, inside: true })).toBeNull();
});
