import { expect, it } from "vitest";
import { mayResume, seatFor } from "../../src/app/seat.js";

const form = (change: object = {}): { room: string; name: string; invite: string } => ({
  room: "R",
  name: "Ada",
  invite: "",
  ...change,
});

it("resumes under the same name or when none is asked for", () => {
  expect(mayResume({ token: "t", name: "Ada" }, "Ada")).toBe(true);
  expect(mayResume({ token: "t", name: "Ada" }, "")).toBe(true);
  expect(mayResume({ token: "t", name: "Ada" }, "Ben")).toBe(false);
  expect(mayResume({ name: "Ada" }, "Ada")).toBe(false);
});

it("resumes somebody who had no name only where no name is asked for", () => {
  expect(mayResume({ token: "t" }, "")).toBe(true);
  expect(mayResume({ token: "t" }, "Ada")).toBe(false);
});

it("leaves out the token of another name, and keeps the rest", () => {
  const kept = { token: "t", name: "Ada", hostToken: "h", invite: "i" };
  expect(seatFor(kept, form())).toEqual(kept);
  expect(seatFor(kept, form({ name: "Ben" }))).toEqual({
    name: "Ada",
    hostToken: "h",
    invite: "i",
  });
});

it("takes the invite of the form before the kept one", () => {
  expect(seatFor({ invite: "old" }, form({ invite: "new" }))).toEqual({ invite: "new" });
  expect(seatFor({ invite: "old" }, form())).toEqual({ invite: "old" });
});

it("does not change what is kept", () => {
  const kept = { token: "t", name: "Ada", invite: "old" };
  seatFor(kept, form({ name: "Ben", invite: "new" }));
  expect(kept).toEqual({ token: "t", name: "Ada", invite: "old" });
});
