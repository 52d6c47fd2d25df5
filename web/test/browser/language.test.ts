/** Another language while the page is open: all is drawn anew, and nothing that a person did is lost. */
import { afterEach, describe, expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import { START, type State } from "../../src/app/state.js";
import { h } from "../../src/base/dom.js";
import type { Language } from "../../src/language/choose.js";
import { NO_FILES } from "../../src/transfers/model.js";
import { type PageView, pageView } from "../../src/views/page.js";
import { page as german } from "../../src/words/de/page.js";
import { speak } from "../../src/words/page.js";
import { BEN, inRoom } from "../app/examples.js";
import { picked } from "../transfers/examples.js";
import { NO_BUTTONS } from "./call.js";
import { NO_ACTIONS } from "./files.js";
import { byId, isShown, recorder } from "./mount.js";

const nothing = (): void => {};
const chosen = recorder<[Language]>();

function draw(state: State, files = NO_FILES): PageView {
  const place = h("div", {});
  document.body.replaceChildren(place);
  const actions = {
    ...{ enter: nothing, create: nothing, sendFiles: nothing, retry: nothing, cancel: nothing },
    ...{ say: nothing, kick: nothing, lock: nothing, invite: nothing, leave: nothing },
    dismiss: nothing,
    askWords: async () => null,
    followFiles(show: (shown: typeof files) => void) {
      show(files);
      return NO_ACTIONS;
    },
    followCall: () => NO_BUTTONS,
    drawNotices: nothing,
    changeLanguage: chosen.call,
  };
  const view = pageView(place, actions, ["https://h.example/api"]);
  view.show(state);
  return view;
}

function drawInGerman(view: PageView): void {
  speak(german, { language: "de", locale: "de" });
  view.drawAnew();
}

const field = (id: string): HTMLInputElement => byId<HTMLInputElement>(id);

afterEach(() => speak(null, { language: "en", locale: "en" }));

describe("the choice of the language", () => {
  it("names each language in its own words, and shows the one that is spoken", () => {
    const view = draw(START);
    const options = [...field("language").querySelectorAll("option")];
    expect(options.map(({ text, lang }) => [text, lang])).toEqual([
      ["English", "en"],
      ["Deutsch", "de"],
    ]);
    expect(field("language").value).toBe("en");
    drawInGerman(view);
    expect(field("language").value).toBe("de");
    expect(field("language").ariaLabel).toBe("Sprache");
  });

  it("tells what was chosen", () => {
    draw(START);
    field("language").value = "de";
    field("language").dispatchEvent(new Event("change"));
    expect(chosen.calls).toEqual([["de"]]);
  });
});

describe("another language", () => {
  it("keeps what is in the form, and the focus", () => {
    const view = draw(START);
    field("name-input").value = "Ada";
    field("room-input").value = "tea";
    field("capacity").value = "3";
    field("invite-only").checked = false;
    field("language").focus();
    drawInGerman(view);
    expect(byId("join").textContent).toBe("Betreten");
    expect(["name-input", "room-input", "capacity"].map((id) => field(id).value)).toEqual([
      "Ada",
      "tea",
      "3",
    ]);
    expect(field("invite-only").checked).toBe(false);
    expect(document.activeElement).toBe(field("language"));
  });

  it("keeps the lines of the chat, what is being written, and the open side", () => {
    const view = draw(inRoom({ people: [BEN] }));
    field("chat-input").value = "half a sen";
    byId("people").click();
    drawInGerman(view);
    expect(field("chat-input").value).toBe("half a sen");
    expect(byId("room").classList.contains("side-open")).toBe(true);
    expect(byId("peer").textContent).toContain("Verbindet");
    expect(document.title).toBe("R · Heliograph");
  });

  it("asks again to whom files go, if it was asking", () => {
    const people = [
      { id: "b", name: "Ben" },
      { id: "c", name: "Cleo" },
    ];
    const view = draw(inRoom(), { ...NO_FILES, people, choosing: picked("a.txt") });
    expect(isShown(byId("choose"))).toBe(true);
    drawInGerman(view);
    expect(isShown(byId("choose"))).toBe(true);
    expect(byId("choose").textContent).toContain("Die Datei senden an");
  });
});
