import { beforeEach, describe, expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import { h } from "../../src/base/dom.js";
import type { WithPath } from "../../src/base/picked.js";
import { type Files, NO_FILES } from "../../src/transfers/model.js";
import { chooseView } from "../../src/views/choose.js";
import { dropZone, pickButton } from "../../src/views/drop.js";
import { filesView } from "../../src/views/files.js";
import { picked, row } from "../transfers/examples.js";
import { NO_ACTIONS } from "./files.js";
import { allById, button, byId, isShown, mount, recorder } from "./mount.js";

const files = (change: Partial<Files>): Files => ({ ...NO_FILES, ...change });
const done = recorder<[act: string, id: string]>();
const note = (act: string) => (id: string) => done.call(act, id);
const ACTIONS = {
  ...NO_ACTIONS,
  accept: note("accept"),
  decline: note("decline"),
  pause: note("pause"),
  resume: note("resume"),
  cancel: note("cancel"),
  dismiss: note("dismiss"),
};
beforeEach(() => {
  done.calls.length = 0;
});

describe("the list of files", () => {
  it("is not there while there are none", () => {
    const view = mount(filesView(ACTIONS), NO_FILES);
    expect(isShown(view.element)).toBe(false);
    view.update(files({ rows: [row()] }));
    expect(isShown(view.element)).toBe(true);
  });

  it("shows the newest first, and each as it is now", () => {
    const view = mount(filesView(ACTIONS), files({ rows: [row({ id: "1", name: "a" })] }));
    const [first] = allById("transfer");
    view.update(
      files({ rows: [row({ id: "1", name: "a", state: "moving" }), row({ id: "2", name: "b" })] }),
    );
    expect(allById("transfer").map(({ dataset }) => dataset.name)).toEqual(["b", "a"]);
    expect(allById("transfer")[1]).toBe(first);
    expect(first?.dataset.state).toBe("moving");
    view.update(files({ rows: [row({ id: "2", name: "b" })] }));
    expect(allById("transfer")).toHaveLength(1);
  });

  it.each([
    ["down", "offered", ["accept", "decline"]],
    ["up", "offered", ["cancel"]],
    ["down", "accepted", ["pause", "cancel"]],
    ["up", "moving", ["pause", "cancel"]],
    ["up", "paused", ["resume", "cancel"]],
    ["down", "done", ["dismiss"]],
    ["up", "failed", ["dismiss"]],
    ["up", "declined", ["dismiss"]],
    ["down", "cancelled", ["dismiss"]],
  ] as const)("%s, %s: %j", (direction, state, acts) => {
    mount(filesView(ACTIONS), files({ rows: [row({ direction, state })] }));
    const buttons = [...byId("transfer").querySelectorAll("button")].filter(isShown);
    for (const each of buttons) each.click();
    expect(done.calls).toEqual(acts.map((act) => [act, "1"]));
    for (const each of buttons) expect(each.getAttribute("aria-label")).toContain("a.jpg");
  });

  it("says how far each is, to tests and to people", () => {
    const moving = row({ state: "moving", bytes: 250, bytesPerSecond: 100, secondsLeft: 7.5 });
    const view = mount(filesView(ACTIONS), files({ rows: [moving] }));
    expect(byId("transfer").dataset).toMatchObject({ direction: "down", progress: "0.250" });
    expect(byId("transfer").textContent).toContain("250 bytes of 1.0 KB · 100 bytes/s · 8 s left");
    const bar = () => view.element.querySelector("progress");
    expect(bar()?.value).toBe(0.25);
    view.update(files({ rows: [{ ...moving, size: null }] }));
    expect(bar()?.position).toBe(-1); // it moves by itself
    view.update(files({ rows: [{ ...moving, state: "done" }] }));
    expect(bar()?.checkVisibility()).toBe(false);
  });

  it("takes a name for text, whichever way it reads", () => {
    const name = `<img src=x onerror="document.title='taken'">`;
    mount(filesView(ACTIONS), files({ rows: [row({ name, path: name, who: "שרה" })] }));
    expect(document.querySelector("img")).toBeNull();
    expect(byId("transfer").querySelector("bdi")?.textContent).toBe(name);
  });

  it("says that files wait, and that some could not be offered", () => {
    const view = mount(filesView(ACTIONS), files({ waiting: picked("a", "b") }));
    expect(view.element.textContent).toContain("2 files wait for the first person who comes.");
    view.update(files({ problem: "not_loaded" }));
    expect(view.element.textContent).toContain("could not be offered");
  });
});

describe("the choice of a receiver", () => {
  const chosen = recorder<[string | null]>();
  const cancelled = recorder<[]>();
  const two = [
    { id: "b", name: "Ben" },
    { id: "c", name: "" },
  ];
  const show = () => {
    chosen.calls.length = cancelled.calls.length = 0;
    const view = chooseView({ choose: chosen.call, cancelChoice: cancelled.call });
    return mount(view, files({ people: two, choosing: picked("a", "b") }));
  };

  it("names everybody who is here, and everyone", () => {
    show();
    expect(byId<HTMLDialogElement>("choose").open).toBe(true);
    expect(byId("choose").textContent).toContain("Send the 2 files to");
    expect(allById("choice").map(({ textContent }) => textContent)).toEqual([
      "Ben",
      "Guest",
      "Everyone",
    ]);
    for (const each of allById("choice")) each.click();
    expect(chosen.calls).toEqual([["b"], ["c"], [null]]);
  });

  it("can be left, by a button and by Escape", () => {
    const view = show();
    button("Cancel").click();
    view.element.dispatchEvent(new Event("cancel", { cancelable: true }));
    expect(cancelled.calls).toHaveLength(2);
    view.update(files({ people: two }));
    expect(byId<HTMLDialogElement>("choose").open).toBe(false);
  });
});

describe("files come in", () => {
  const sent: WithPath[][] = [];
  const send = (all: readonly WithPath[]) => void sent.push([...all]);
  const transfer = (...names: string[]): DataTransfer => {
    const data = new DataTransfer();
    for (const name of names) data.items.add(new File([name], name));
    return data;
  };
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  beforeEach(() => {
    sent.length = 0;
  });

  it("by the browser's own choice, also the same file again", () => {
    document.body.replaceChildren(pickButton(send));
    const input = byId<HTMLInputElement>("file-input");
    expect(input.multiple).toBe(true);
    for (let n = 0; n < 2; n += 1) {
      input.files = transfer("a", "b").files;
      input.dispatchEvent(new Event("change"));
    }
    expect(sent.map((all) => all.map(({ path }) => path))).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  function room(): HTMLElement {
    const place = h("div", {});
    place.append(dropZone(place, send));
    document.body.replaceChildren(place);
    return place;
  }
  const drag = (place: HTMLElement, type: string, data: DataTransfer): DragEvent => {
    const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
    place.dispatchEvent(event);
    return event;
  };
  const cover = () => document.querySelector<HTMLElement>(".drop");

  it("by dropping them anywhere", async () => {
    const place = room();
    const data = transfer("a");
    drag(place, "dragenter", data);
    expect(cover()?.hidden).toBe(false);
    expect(drag(place, "dragover", data).defaultPrevented).toBe(true); // or the page would be left
    expect(drag(place, "drop", data).defaultPrevented).toBe(true);
    expect(cover()?.hidden).toBe(true);
    await turn();
    expect(sent.map((all) => all.map(({ path }) => path))).toEqual([["a"]]);
  });

  it("but not a text that is dropped", async () => {
    const place = room();
    const data = new DataTransfer();
    data.setData("text/plain", "hello");
    for (const type of ["dragenter", "dragover", "drop"]) {
      expect(drag(place, type, data).defaultPrevented).toBe(false);
    }
    await turn();
    expect(cover()?.hidden).toBe(true);
    expect(sent).toEqual([]);
  });

  it("by pasting, as long as the room is there", async () => {
    room();
    const paste = () => {
      const clipboardData = transfer("shot.png");
      const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event);
      return event;
    };
    expect(paste().defaultPrevented).toBe(true);
    await turn();
    expect(sent).toHaveLength(1);
    document.body.replaceChildren();
    expect(paste().defaultPrevented).toBe(false);
    await turn();
    expect(sent).toHaveLength(1);
  });
});
