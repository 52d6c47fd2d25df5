import { describe, expect, it } from "vitest";
import { isRoom } from "../../src/app/form.js";
import { makeLink, readLink, readRoomField } from "../../src/app/link.js";

const page = new URL("https://meet.example/app/?room=old&name=Ada#invite=x");

describe("links", () => {
  it("put the invite into the fragment, where no server sees it", () => {
    const link = new URL(makeLink(page, "R-1", "a.b+c"));
    expect(link.href).toBe("https://meet.example/app/?room=R-1#invite=a.b%2Bc");
    expect(link.search).not.toContain("invite");
  });

  it("come back as what they were made of", () => {
    expect(readLink(new URL(makeLink(page, "R-1", "a.b+c")))).toEqual({
      room: "R-1",
      name: "",
      invite: "a.b+c",
    });
  });

  it("carry no name and no fragment for an open room", () => {
    expect(makeLink(page, "R")).toBe("https://meet.example/app/?room=R");
    expect(makeLink(page, "")).toBe("https://meet.example/app/");
  });

  it("name who comes in", () => {
    expect(readLink(new URL("https://x.example/?room=R&name=Ada%20L"))).toEqual({
      room: "R",
      name: "Ada L",
      invite: "",
    });
  });
});

describe("reading a link", () => {
  it("leaves empty what the link does not say", () => {
    expect(readLink(new URL("https://x.example/"))).toEqual({ room: "", name: "", invite: "" });
  });

  it("takes no invite from the query, where servers would log it", () => {
    expect(readLink(new URL("https://x.example/?room=R&invite=i")).invite).toBe("");
  });

  it("removes blanks around room and name", () => {
    expect(readLink(new URL("https://x.example/?room=%20R%20&name=%20Ada%20"))).toMatchObject({
      room: "R",
      name: "Ada",
    });
  });

  it("finds the invite beside other members of the fragment", () => {
    expect(readLink(new URL("https://x.example/#a=b&invite=i%2Bj&c")).invite).toBe("i+j");
  });
});

describe("the room field", () => {
  it("takes a name", () => {
    expect(readRoomField("  tea_room ")).toEqual({ room: "tea_room", name: "", invite: "" });
  });

  it("takes a whole link with its invite", () => {
    expect(readRoomField("https://x.example/?room=R#invite=i")).toMatchObject({
      room: "R",
      invite: "i",
    });
  });

  it("leaves what is neither as it is, to be refused as a room", () => {
    expect(isRoom(readRoomField("two words").room)).toBe(false);
    expect(isRoom(readRoomField("room=not-a-link").room)).toBe(false);
  });
});
