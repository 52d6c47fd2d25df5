/** What strangers can write: names, file names, texts and links, in every place that shows them. */
import { afterEach, describe, expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import type { Person, RoomEvent } from "../../src/app/events.js";
import { changeRoom } from "../../src/app/room.js";
import type { InRoom } from "../../src/app/state.js";
import { NO_FILES } from "../../src/transfers/model.js";
import { roomView } from "../../src/views/room.js";
import { page as german } from "../../src/words/de/page.js";
import { speak } from "../../src/words/page.js";
import { inRoom } from "../app/examples.js";
import { row } from "../transfers/examples.js";
import { NO_BUTTONS } from "./call.js";
import { NO_ACTIONS } from "./files.js";
import { allById, mount } from "./mount.js";

const nothing = (): void => {};
const person = (name: string, id = "b"): Person => ({
  ...{ id, name, role: "guest", state: "connected", path: "direct", words: null },
});

/** A room in which a person of this name has done everything that a person can do. */
function roomOf(name: string, text: string, file = name): void {
  const came: RoomEvent = { type: "peer-seen", person: person(name, "c"), at: 1 };
  const events: RoomEvent[] = [
    came,
    { type: "text-received", from: "b", name, text, via: "server", at: 2 },
    { type: "peer-left", id: "c", reason: "kicked", at: 3 },
  ];
  const state = inRoom({ people: [person(name), person("Cleo", "d")] });
  const shown: InRoom = { ...state, room: events.reduce(changeRoom, state.room) };
  const files = {
    ...NO_FILES,
    rows: [row({ id: "1", who: name, name: file, path: file })],
    choosing: [{ file: new Blob(), path: file }],
    people: [{ id: "b", name }],
  };
  mount(
    roomView({
      ...{ say: nothing, kick: nothing, lock: nothing, invite: nothing, leave: nothing },
      dismiss: nothing,
      askWords: async () => null,
      followFiles(show) {
        show(files);
        return NO_ACTIONS;
      },
      followCall: () => NO_BUTTONS,
    }),
    shown,
  );
}

afterEach(() => speak(null, { language: "en", locale: "en" }));

describe("markup", () => {
  const MARKUP = `<img src=x onerror="window.hit=1"><script>window.hit=2</script>"'><svg onload=hit=3>`;

  it("is text, wherever it stands, and nothing of it runs", async () => {
    roomOf(MARKUP, `${MARKUP} javascript:hit=4 <a href="javascript:hit=5">x</a>`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(
      document.body.querySelectorAll("img, script, iframe, object, [onerror], [onload]"),
    ).toHaveLength(0);
    expect("hit" in window).toBe(false);
    const shown = document.body.textContent ?? "";
    expect(shown.split(MARKUP).length - 1).toBeGreaterThanOrEqual(6);
    expect(allById("kick")[0]?.title).toContain(MARKUP);
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://x",
    "data:text/html,<script>hit=1</script>",
    "https://bank.example@evil.example/",
    "blob:https://x.example/1",
    "vbscript:x",
  ])("of the link %s makes none", (text) => {
    roomOf("Eve", text);
    for (const link of document.querySelectorAll<HTMLAnchorElement>(".bubble a"))
      expect(link.href).toMatch(/^https:\/\/x/);
    expect(document.querySelectorAll('a[href^="javascript" i], a[href^="data" i]')).toHaveLength(0);
  });
});

/** From left to right, as they are painted: the elements of what is in `place`. */
function painted(place: Element): string {
  const letters: { readonly x: number; readonly letter: string }[] = [];
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = 0; at < (node.textContent ?? "").length; at += 1) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const { left, width } = range.getBoundingClientRect();
      if (width > 0) letters.push({ x: left, letter: node.textContent?.[at] ?? "" });
    }
  }
  return letters
    .sort((a, b) => a.x - b.x)
    .map(({ letter }) => letter)
    .join("");
}

const note = (at: number): Element => document.querySelectorAll(".note")[at] as Element;

describe("names from right to left", () => {
  it.each([
    ["שרה", "הרש"],
    ["سارة 1", "1 ةراس"],
    ["שרה!", "!הרש"], // the mark is of the name, and stays with it
    ["Eve\u202e", "Eve"],
    ["Eve\u2067\u202e", "Eve"],
    ["\u2069\u202eEve", "Eve"],
  ])("%j turns nothing around but itself, in both languages", (name, seen) => {
    roomOf(name, "hi");
    expect(painted(note(0))).toBe(`${seen} joined`);
    expect(painted(note(1))).toBe(`${seen} was removed by the host`);
    expect(painted(document.querySelector(".transfer-who") as Element)).toBe(`From ${seen}`);
    speak(german, { language: "de", locale: "de" });
    roomOf(name, "hi");
    expect(painted(note(0))).toBe(`${seen} ist da`);
    expect(painted(note(1))).toBe(`${seen} wurde vom Gastgeber entfernt`);
    expect(painted(document.querySelector(".transfer-who") as Element)).toBe(`Von ${seen}`);
  });

  it("stand isolated in what is read aloud and in hints", () => {
    roomOf("שרה", "hi", "דוח.pdf");
    const [kick] = allById("kick");
    expect(kick?.ariaLabel).toBe("Remove \u2068שרה\u2069 from the room");
    expect(kick?.title).toBe(kick?.ariaLabel);
    expect(allById("transfer-accept")[0]?.ariaLabel).toBe("Accept: \u2068דוח.pdf\u2069");
  });
});

it("shows the ending of a file where it is, whatever stands in its name", () => {
  roomOf("Eve", "hi", "photo\u202egpj.exe");
  const shown = document.querySelector(".transfer-name") as Element;
  expect(painted(shown)).toBe("photogpj.exe");
});

it("shows an address as it will be opened, whatever was written before it", () => {
  roomOf("Eve", "look \u202e https://evil.example/moc.knab");
  const link = document.querySelector(".bubble a") as HTMLAnchorElement;
  expect(painted(link)).toBe("https://evil.example/moc.knab");
  expect(link.href).toBe("https://evil.example/moc.knab");
});
