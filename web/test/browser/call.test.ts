import { afterEach, beforeEach, describe, expect, it } from "vitest";
import "../../src/style.css";
import "../../src/room.css";
import { h } from "../../src/base/dom.js";
import { type Call, NO_CALL } from "../../src/call/model.js";
import type { CallSummary } from "../../src/call/place.js";
import { type CallActions, callView } from "../../src/views/call.js";
import { callPart } from "../../src/views/call-place.js";
import { page as german } from "../../src/words/de/page.js";
import { speak } from "../../src/words/page.js";
import { BOTH, call, caller, inCall, MUTED, ON } from "../call/examples.js";
import { allById, button, byId, drawn, isShown, mount, recorder } from "./mount.js";

const done = recorder<[act: string, ...given: unknown[]]>();
const note =
  (act: string) =>
  (...given: unknown[]) =>
    done.call(act, ...given);

/** Of a button that is given nothing. */
const press = (act: string) => () => done.call(act);

const STREAMS = new Map<string, MediaStream>();

/** A picture that moves. */
function moving(): MediaStream {
  const canvas = h("canvas", { width: "32", height: "24" });
  canvas.getContext("2d")?.fillRect(0, 0, 32, 24);
  return canvas.captureStream(5);
}

const ACTIONS: CallActions = {
  start: press("start"),
  hangUp: press("hang up"),
  toggle: note("toggle"),
  showDevices: note("show devices"),
  choose: note("choose"),
  turnOnSound: press("turn on sound"),
  soundRefused: note("sound refused"),
  resize: press("resize"),
  streamOf: (peer, picture) => STREAMS.get(`${peer} ${picture}`) ?? null,
  preview: () => STREAMS.get("me") ?? null,
};
const show = (state: Call) => {
  const view = mount(callView(ACTIONS), state);
  Object.assign(view.element.style, { height: "400px", width: "800px" });
  return view;
};

const video = (peer: string): HTMLVideoElement =>
  document.querySelector(`[data-testid="call-video"][data-peer="${peer}"]`) as HTMLVideoElement;
const tile = (peer: string): HTMLElement => video(peer).closest("figure") as HTMLElement;

beforeEach(() => {
  done.calls.length = 0;
  STREAMS.clear();
  for (const name of ["me", "b person", "b screen", "c person"]) STREAMS.set(name, moving());
});
afterEach(() => speak(null, { language: "en", locale: "en" }));

describe("the stage", () => {
  it("is not there while nobody calls", () => {
    const view = show(call());
    expect(isShown(view.element)).toBe(false);
    view.update(call({ callers: [caller("b")] }));
    expect(isShown(view.element)).toBe(true);
    view.update(call());
    expect(isShown(view.element)).toBe(false);
  });

  it("shows a tile for each who sends, with the stream they send, which is set once", async () => {
    const view = show(call({ callers: [caller("b"), caller("c", { microphone: MUTED }, "Cleo")] }));
    await drawn();
    expect(video("b").srcObject).toBe(STREAMS.get("b person"));
    expect(video("b").playsInline && video("b").autoplay).toBe(true);
    expect(video("b").muted).toBe(false);
    let changes = 0;
    video("b").addEventListener("emptied", () => (changes += 1));
    view.update(call({ callers: [caller("b", { microphone: MUTED, camera: ON })] }));
    await drawn();
    expect([changes, allById("call-video").length]).toEqual([0, 1]);
  });

  it("lets go of the stream of who has left", () => {
    const view = show(call({ callers: [caller("b"), caller("c")] }));
    const left = video("c");
    view.update(call({ callers: [caller("b")] }));
    expect([left.srcObject, left.isConnected]).toEqual([null, false]);
    expect(video("b").isConnected).toBe(true);
  });

  it.each([
    [BOTH, false, false],
    [{ microphone: ON }, true, false],
    [{ microphone: MUTED, camera: MUTED }, true, true],
    [{ microphone: MUTED, camera: ON }, false, true],
  ])("of who sends %j shows the initial: %s, and that they are mute: %s", (sources, face, mute) => {
    show(call({ callers: [caller("b", sources, "Ben")] }));
    expect(isShown(tile("b").querySelector(".tile-face") as HTMLElement)).toBe(face);
    expect(isShown(tile("b").querySelector(".tile-muted") as HTMLElement)).toBe(mute);
    expect(tile("b").innerText.includes("muted")).toBe(mute);
    expect(tile("b").dataset.muted).toBe(String(mute));
    expect(tile("b").querySelector("bdi")?.textContent).toBe("Ben");
    expect(isShown(video("b"))).toBe(true); // it plays the sound
  });

  it("gives a shared screen most of the place", async () => {
    show(call({ callers: [caller("b", { ...BOTH, screen: ON }, "Ben"), caller("c")] }));
    await drawn();
    const screen = byId("call-shared");
    expect(screen.querySelector("figcaption")?.innerText).toBe("Screen of Ben");
    expect(byId<HTMLVideoElement>("call-shared-video").srcObject).toBe(STREAMS.get("b screen"));
    expect(screen.clientHeight).toBeGreaterThan(2 * tile("b").clientHeight);
    expect(allById("call-video")).toHaveLength(2);
  });

  it.each([1, 2, 4, 7])("lays %i tiles out, all of them in sight", async (count) => {
    const callers = Array.from({ length: count }, (_, n) => caller(`p${n}`, { microphone: ON }));
    const view = show(inCall({ callers }));
    for (const width of ["800px", "378px"]) {
      view.element.style.width = width;
      await drawn();
      const place = view.element.getBoundingClientRect();
      const areas = allById("call-person").map((one) => {
        const { left, right, top, bottom } = one.getBoundingClientRect();
        expect([left >= place.left, right <= place.right]).toEqual([true, true]);
        expect([top >= place.top, bottom <= place.bottom]).toEqual([true, true]);
        return (right - left) * (bottom - top);
      });
      expect(Math.min(...areas)).toBeGreaterThan(2_500);
    }
  });

  it("says that a call goes on, and joins it", () => {
    show(call({ callers: [caller("b")] }));
    expect(byId("call").textContent).toContain("A call is going on.");
    expect(allById("call-hang-up").some(isShown)).toBe(false);
    byId("call-join").click();
    expect(done.calls).toEqual([["start"]]);
  });

  it("can be made small", async () => {
    const view = show(call({ callers: [caller("b")] }));
    await drawn();
    const before = tile("b").clientHeight;
    done.calls.length = 0;
    byId("call-size").click();
    expect(done.calls).toEqual([["resize"]]);
    view.update(call({ callers: [caller("b")], isSmall: true }));
    await drawn();
    expect(tile("b").clientHeight).toBeLessThan(before / 2);
    expect(byId("call-size").ariaLabel).toBe("Make the pictures larger");
  });

  it("tells that the browser refuses to play sound before anybody has pressed anything", async () => {
    show(call({ callers: [caller("b")] }));
    await expect.poll(() => done.calls).toEqual([["sound refused"]]);
  });

  it("plays without sound where the browser refuses it, until it is turned on for all", () => {
    const callers = [caller("b"), caller("c")];
    const view = show(call({ callers }));
    expect(isShown(byId("call-sound"))).toBe(false);
    view.update(call({ callers, isSilent: true }));
    expect([video("b").muted, video("c").muted]).toEqual([true, true]);
    byId("call-sound").click();
    expect(done.calls).toEqual([["turn on sound"]]);
    view.update(call({ callers }));
    expect([video("b").muted, video("c").muted]).toEqual([false, false]);
  });

  it("marks a picture as old while the connection is interrupted", () => {
    const away = { ...caller("b"), state: "reconnecting" } as const;
    show(call({ callers: [away] }));
    expect(tile("b").dataset.state).toBe("reconnecting");
    expect(Number(getComputedStyle(video("b")).opacity)).toBeLessThan(1);
  });
});

describe("our part", () => {
  it("is a mirror and the buttons", () => {
    show(inCall());
    const self = byId<HTMLVideoElement>("call-self");
    expect(self.srcObject).toBe(STREAMS.get("me"));
    expect([self.muted, getComputedStyle(self).scale]).toEqual([true, "-1 1"]);
    expect(byId("call").textContent).toContain("Nobody else is in the call yet.");
    for (const source of ["microphone", "camera", "screen"]) byId(`call-${source}`).click();
    byId("call-devices").click();
    byId("call-hang-up").click();
    expect(done.calls).toEqual([
      ...[
        ["toggle", "microphone"],
        ["toggle", "camera"],
        ["toggle", "screen"],
      ],
      ...[["show devices", true], ["hang up"]],
    ]);
  });

  it("says which of them are on", () => {
    const view = show(inCall());
    const pressed = (source: string) => byId(`call-${source}`).getAttribute("aria-pressed");
    expect(["microphone", "camera", "screen"].map(pressed)).toEqual(["true", "true", "false"]);
    view.update(inCall({ sending: { microphone: MUTED, screen: ON }, opening: ["camera"] }));
    expect(["microphone", "camera", "screen"].map(pressed)).toEqual(["false", "false", "true"]);
    expect(byId("call-camera").getAttribute("aria-busy")).toBe("true");
    expect(byId("call-microphone").ariaLabel).toBe("Microphone");
    expect(isShown(byId("call-self"))).toBe(false);
  });

  it("offers no screen where the browser cannot share it", () => {
    show(inCall({ canShare: false }));
    expect(isShown(byId("call-screen"))).toBe(false);
  });

  it("can be given up while the browser asks", () => {
    show(call({ mine: "starting" }));
    expect(byId("call").textContent).toContain("Allow microphone and camera");
    byId("call-hang-up").click();
    expect(done.calls).toEqual([["hang up"]]);
  });

  it("has buttons for a thumb", () => {
    show(inCall({ callers: [caller("b")] }));
    const buttons = [...byId("call").querySelectorAll("button")].filter(isShown);
    expect(buttons).toHaveLength(6);
    for (const one of buttons) {
      const { width, height } = one.getBoundingClientRect();
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
      expect(one.ariaLabel || one.textContent).toBeTruthy();
    }
  });

  it("keeps the focus of the keyboard", () => {
    const view = show(call({ mine: "starting" }));
    view.update(inCall());
    expect(document.activeElement).toBe(byId("call-microphone"));
  });
});

describe("the devices", () => {
  const devices = [
    { kind: "microphone", id: "m1", label: "Headset" },
    { kind: "microphone", id: "m2", label: "" },
    { kind: "camera", id: "c1", label: "Front" },
  ] as const;
  const choosing = inCall({ devices, chosen: { microphone: "m2" } });

  it("are chosen from a list", () => {
    show(choosing);
    const select = byId<HTMLSelectElement>("call-choose-microphone");
    expect([...select.options].map(({ text }) => text)).toEqual(["Headset", "Microphone 2"]);
    expect(select.value).toBe("m2");
    expect(allById("call-choose-speaker")).toEqual([]);
    select.value = "m1";
    select.dispatchEvent(new Event("change"));
    expect(done.calls).toEqual([["choose", "microphone", "m1"]]);
    button("Close").click();
    expect(done.calls.at(-1)).toEqual(["show devices", false]);
  });

  it("are gone when they are closed", () => {
    const view = show(choosing);
    expect(byId<HTMLDialogElement>("call-devices-choice").open).toBe(true);
    view.update(inCall());
    expect(byId<HTMLDialogElement>("call-devices-choice").open).toBe(false);
  });
});

describe("the button in the head", () => {
  let say: (summary: CallSummary) => void;
  const summary = (change: Partial<CallSummary>): CallSummary => ({
    ...{ mine: "out", problem: null, othersAre: false },
    ...change,
  });

  beforeEach(() => {
    const part = callPart(({ show: tell }) => {
      say = tell;
      return { start: press("start"), dismissProblem: press("dismiss") };
    });
    document.body.replaceChildren(part.button, part.element);
  });

  it("starts a call, or joins it", () => {
    const start = byId<HTMLButtonElement>("call-start");
    start.click();
    expect([done.calls, start.textContent]).toEqual([[["start"]], "Call"]);
    say(summary({ othersAre: true }));
    expect([start.textContent, start.ariaLabel]).toEqual(["Join the call", "Join the call"]);
    say(summary({ mine: "starting" }));
    expect(start.disabled).toBe(true);
    say(summary({ mine: "in" }));
    expect(isShown(start)).toBe(false);
    say(summary({}));
    expect([start.disabled, document.activeElement === start]).toEqual([false, true]);
  });

  it.each([
    ["call", "media_denied", "Microphone and camera: not allowed."],
    ["camera", "media_busy", "Camera: in use by another program, or not answering."],
    ["microphone", "media_not_found", "Microphone: not found."],
    ["screen", "unsupported", "Share screen: this browser cannot do that here."],
    ["call", "not_loaded", "Microphone and camera: that did not work."],
  ] as const)("says of %s what happened (%s), and what to do", (what, code, words) => {
    say(summary({ problem: { what, code } }));
    const error = byId("error");
    expect(error.dataset.code).toBe(code);
    expect(error.querySelector("strong")?.textContent).toBe(words);
    expect(error.querySelector("p")?.textContent).toMatch(/press the button again|https/i);
    button("Dismiss").click();
    expect(done.calls).toEqual([["dismiss"]]);
  });

  it("says of another device the same", () => {
    say(summary({ problem: { what: "camera", code: "media_busy" } }));
    say(summary({ problem: { what: "microphone", code: "media_busy" } }));
    expect(byId("error").textContent).toContain("Microphone: in use");
  });
});

it("speaks German", () => {
  speak(german, { language: "de", locale: "de-DE" });
  show(inCall({ callers: [caller("b", { microphone: MUTED, screen: ON }, "Ben")] }));
  expect(byId("call-hang-up").ariaLabel).toBe("Auflegen");
  expect(byId("call-shared").innerText).toBe("Bildschirm von Ben");
  expect(tile("b").textContent).toContain("stumm");
});

it("shows a name that turns text around as it is, and nothing else turned", () => {
  show(call({ callers: [caller("b", BOTH, "\u202eneB <b>x</b>")] }));
  expect(tile("b").querySelector("bdi")?.textContent).toBe("neB <b>x</b>");
  expect(NO_CALL.callers).toEqual([]);
});
