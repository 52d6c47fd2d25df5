import { describe, expect, it } from "vitest";
import { isCode, isRoom, makeLink, readLink, readRoomField } from "../../src/app/link.js";
import { CODE, INVITE } from "./examples.js";

const page = new URL("https://meet.example/app/?room=old&name=Ada#~x");
const linkOn = (host: string, path = "/"): string =>
  makeLink(new URL(path, `https://${host}`), CODE);

describe("a room's name", () => {
  it.each(["a", "A-z_9", "x".repeat(64)])("can be %s", (room) => {
    expect(isRoom(room)).toBe(true);
  });

  it.each(["", "a b", "ä", "x".repeat(65), "a/b", "a\n", CODE])("cannot be %j", (room) => {
    expect(isRoom(room)).toBe(false);
  });
});

describe("a code", () => {
  it("is a tilde and 22 characters of base64url", () => {
    expect(isCode(CODE)).toBe(true);
    expect(CODE).toHaveLength(23);
  });

  it.each([
    CODE.slice(1),
    CODE.slice(0, -1),
    `${CODE}x`,
    `${CODE}\n`,
    `~${"=".repeat(22)}`,
    `~${"ä".repeat(22)}`,
    "tea",
    "",
  ])("cannot be %j", (text) => {
    expect(isCode(text)).toBe(false);
  });
});

describe("a link to a created room", () => {
  it("has the code in the fragment, where no server sees it, and nothing in the query", () => {
    const link = new URL(makeLink(page, CODE));
    expect(link.href).toBe(`https://meet.example/app/#${CODE}`);
    expect(link.pathname + link.search).toBe("/app/");
  });

  it("comes back as what it was made of", () => {
    for (const code of [CODE, INVITE])
      expect(readLink(new URL(makeLink(page, code)))).toEqual({ room: code, name: "" });
  });

  it("has 80 characters on a host name of 47, the usual one of a Static Web App", () => {
    const usual = "wonderful-grass-0a1b2c3d4.5.azurestaticapps.net";
    expect(usual).toHaveLength(47);
    expect(linkOn(usual)).toHaveLength(80);
  });

  it("has 33 characters beside the host name: every longer name makes it longer than 80", () => {
    const long = "ambitious-mushroom-0a1b2c3d4.5.azurestaticapps.net";
    expect(long).toHaveLength(50);
    for (const host of ["a.example", long]) expect(linkOn(host)).toHaveLength(33 + host.length);
    expect(linkOn(long)).toHaveLength(83);
  });
});

describe("a link to an open room", () => {
  it("has the name in the query", () => {
    expect(makeLink(page, "R")).toBe("https://meet.example/app/?room=R");
    expect(readLink(new URL(makeLink(page, "R")))).toEqual({ room: "R", name: "" });
  });

  it("carries nothing where there is no room", () => {
    expect(makeLink(page, "")).toBe("https://meet.example/app/");
  });
});

describe("reading a link", () => {
  it("finds who comes in, beside a room and beside a code", () => {
    const named = { name: "Ada L" };
    expect(readLink(new URL("https://x.example/?room=R&name=Ada%20L"))).toMatchObject(named);
    const link = readLink(new URL(`https://x.example/?name=Ada%20L#${CODE}`));
    expect(link).toEqual({ room: CODE, name: "Ada L" });
  });

  it("leaves empty what the link does not say", () => {
    expect(readLink(new URL("https://x.example/"))).toEqual({ room: "", name: "" });
    expect(readLink(new URL("https://x.example/#top"))).toEqual({ room: "", name: "" });
  });

  it("removes blanks around room and name", () => {
    expect(readLink(new URL("https://x.example/?room=%20R%20&name=%20Ada%20"))).toEqual({
      room: "R",
      name: "Ada",
    });
  });

  it.each([
    ["%7E for the tilde", `#%7E${CODE.slice(1)}`],
    ["blanks around it", `#%20${CODE}%0A`],
    ["a full stop after it", `#${CODE}.`],
    ["a parameter that some site has added", `#${CODE}?fbclid=abc`],
    ["a percent sign that means nothing", `#${CODE}%`],
    ["marks of whoever wrote it down", `#_${CODE}_`],
    ["a dash after it", `#${CODE}- come`],
    ["%23 for another # before it, as 404.js brings it", `#/%23${CODE}`],
    ["all of it written as %", `#/app/%2523%257E${CODE.slice(1)}`],
  ])("finds the code with %s", (_, fragment) => {
    expect(readLink(new URL(`https://x.example/${fragment}`)).room).toBe(CODE);
  });

  it.each(["tea)", "tea).", "tea>", "tea,", "tea!”", "tea*", "tea%29."])(
    "leaves out of the query what belongs to the sentence around it: %s",
    (room) => {
      expect(readLink(new URL(`https://x.example/?room=${room}`)).room).toBe("tea");
    },
  );

  it.each(["tea_", "tea-", "_tea", "té)", "a b"])(
    "leaves in the query what may be the name: %s",
    (room) => {
      const read = readLink(new URL(`https://x.example/?room=${encodeURIComponent(room)}`)).room;
      expect(read).toBe(room.replace(")", ""));
    },
  );

  it("takes the code before the room of the query", () => {
    expect(readLink(new URL(`https://x.example/?room=R#${CODE}`)).room).toBe(CODE);
  });

  it.each([CODE.slice(0, -1), `${CODE}x`, "~"])(
    "keeps a code that was changed on its way as it is: %s",
    (code) => {
      expect(readLink(new URL(`https://x.example/#${code}`)).room).toBe(code);
    },
  );
});

describe("the room field", () => {
  const link = `https://meet.example/#${CODE}`;

  it("takes a name", () => {
    expect(readRoomField("  tea_room ")).toEqual({ room: "tea_room", name: "" });
  });

  it.each([
    ["a code", CODE],
    ["a link", link],
    ["blanks around a code", `  ${CODE}\t`],
    ["line breaks around a link", `\r\n\n${link}\n`],
    ["words around a link", `Hanna writes:\n  Come to ${link}, please.`],
    ["words around a code", `the code is ${CODE} (for today)`],
    [
      "a link that a mail program broke into lines",
      `https://meet.exa\r\nmple/#${CODE.slice(0, 9)}\r\n${CODE.slice(9)}`,
    ],
    ["a code that was broken into lines", `${CODE.slice(0, 9)}\n  ${CODE.slice(9)}`],
    ["characters that nobody sees around a link", `\u200b${link}\ufeff\u2060`],
    ["a link without its scheme", `meet.example/#${CODE}`],
    ["a link with a name in it", `https://meet.example/?name=Eve#${CODE}`],
    ["a link with %23%7E for #~", `https://meet.example/%23%7E${CODE.slice(1)}`],
    ["the same without the address", `%23%7E${CODE.slice(1)}`],
    ["a code between marks", `*_${CODE}_*`],
    ["a link with a dash after it", `${link}-`],
  ])("takes %s", (_, text) => {
    expect(readRoomField(text).room).toBe(CODE);
  });

  it("takes the name of an open room out of a link in brackets", () => {
    expect(readRoomField("(see https://meet.example/?room=tea).").room).toBe("tea");
    expect(readRoomField("<https://meet.example/?room=tea>").room).toBe("tea");
  });

  it("takes the name of an open room out of a link to it", () => {
    expect(readRoomField("\n see https://meet.example/?room=tea ").room).toBe("tea");
  });

  it("leaves what is none of these as it is, to be refused", () => {
    for (const text of ["two words", "room=not-a-link", "https://meet.example/"]) {
      expect(readRoomField(text).room).toBe(text);
      expect(isRoom(text) || isCode(text)).toBe(false);
    }
  });

  it("makes no code out of a part of one and the words after it", () => {
    const cut = `${CODE.slice(0, 12)} and some more words`;
    expect(isCode(readRoomField(cut).room)).toBe(false);
    expect(isCode(readRoomField(`see https://meet.example/#${cut}`).room)).toBe(false);
  });
});

/** Ways in which programs and people damage a link. Each leaves the 22 characters together. */
const DAMAGE: readonly ((link: string) => string)[] = [
  (link) => link.replace("#", "%23"),
  (link) => link.replace("~", "%7E"),
  (link) => link.replace("~", "%7e"),
  (link) => link.replaceAll("%", "%25"),
  (link) => `${link}.`,
  (link) => `${link})`,
  (link) => `${link}_`,
  (link) => `${link}--`,
  (link) => `${link}>`,
  (link) => `${link}”`,
  (link) => `${link}&utm_source=mail`,
  (link) => `${link}%20`,
  (link) => `${link}\u200b`,
];
/** And those that only what is pasted can suffer. */
const AROUND: readonly ((text: string) => string)[] = [
  (text) => `(${text})`,
  (text) => `<${text}>`,
  (text) => `*${text}*`,
  (text) => `_${text}_`,
  (text) => `Hanna: "${text}", please`,
  (text) => `\u2060${text}\ufeff`,
  (text) => `\r\n ${text}\r\n`,
];
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Draws the same again for the same seed: a linear congruential generator. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What a browser asks for and `404.js` makes of it: a path that is none becomes a fragment. */
function opened(address: string): URL {
  const url = new URL(address);
  if (url.pathname === "/" || url.pathname === "/app/") return url;
  const isOurs = /~|%(25)*7e/i.test(url.pathname);
  return new URL(`/${url.search}${isOurs ? `#${url.pathname}` : ""}`, url);
}

describe("a link that was damaged in up to three ways", () => {
  const RUNS = 3_000;
  const drawCode = (draw: (below: number) => number): string => {
    const any = () => `${LETTERS}_-`[draw(64)];
    return `~${Array.from({ length: 21 }, any).join("")}${LETTERS[draw(62)]}`;
  };
  const damaged = (link: string, draw: (below: number) => number): string => {
    let text = link;
    for (let ways = draw(4); ways > 0; ways -= 1) {
      text = (DAMAGE[draw(DAMAGE.length)] as (link: string) => string)(text);
    }
    return text;
  };

  it("still leads into its room when it is opened", () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const draw = draws(seed);
      const code = drawCode(draw);
      const link = damaged(makeLink(page, code), draw);
      expect([link, readLink(opened(link)).room]).toEqual([link, code]);
    }
  });

  it("still leads into its room when it is pasted, with something around it", () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const draw = draws(seed);
      const code = drawCode(draw);
      const around = AROUND[draw(AROUND.length)] as (text: string) => string;
      const text = around(damaged(makeLink(page, code), draw));
      expect([text, readRoomField(text).room]).toEqual([text, code]);
    }
  });

  it("leads into no other room when a letter is missing or one too many", () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const draw = draws(seed);
      const code = drawCode(draw);
      const at = 1 + draw(22);
      const isCut = draw(2) === 0;
      const wrong = isCut
        ? code.slice(0, at) + code.slice(at + 1)
        : code.slice(0, at) + LETTERS[draw(62)] + code.slice(at);
      const link = damaged(makeLink(page, wrong), draw);
      expect([link, isCode(readLink(opened(link)).room)]).toEqual([link, false]);
      expect([link, isCode(readRoomField(link).room)]).toEqual([link, false]);
    }
  });
});
