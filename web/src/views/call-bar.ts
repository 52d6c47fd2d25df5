import { h, setAttribute, type View } from "../base/dom.js";
import { icon } from "../base/icons.js";
import type { Call } from "../call/model.js";
import { words } from "../words/page.js";
import { type CallIcon, callIcon } from "./call-icons.js";

type Toggled = "microphone" | "camera" | "screen";

export interface BarActions {
  start(): void;
  hangUp(): void;
  /** Our microphone, camera or screen: turns it on or off. */
  toggle(source: Toggled): void;
  showDevices(isShown: boolean): void;
  turnOnSound(): void;
  /** Makes the stage small, or large. */
  resize(): void;
}

interface Button {
  readonly element: HTMLButtonElement;
  show(name: CallIcon, label: string): void;
}

/** What we can do in a call, or about one that goes on without us. */
export function barView(actions: BarActions): View<Call> {
  const { call } = words;
  const toggles = (["microphone", "camera", "screen"] as const).map((source) =>
    toggleView(source, () => actions.toggle(source)),
  );
  const devices = button("devices", call.devices, () => actions.showDevices(true));
  const hangUp = button("hang-up", call.hangUp, actions.hangUp);
  hangUp.classList.add("hang-up");
  const join = worded("call-join", call.join, icon("call"), actions.start);
  const sound = worded("call-sound", call.sound, callIcon("sound"), actions.turnOnSound);
  const size = sizeView(actions.resize);
  const element = h(
    "div",
    { class: "call-bar" },
    ...[sound, join, ...toggles.map((one) => one.element), devices, size.element, hangUp],
  );
  let wasIn = false;
  return {
    element,
    update(state) {
      const isIn = state.mine === "in";
      for (const one of [...toggles, size]) one.update(state);
      sound.hidden = !state.isSilent || state.callers.length === 0;
      join.hidden = state.mine !== "out";
      devices.hidden = !isIn;
      hangUp.hidden = state.mine === "out";
      // The button that was pressed is gone: whoever uses the keyboard goes on here.
      const isLost = document.activeElement === document.body;
      if (isIn && !wasIn && isLost) toggles[0]?.element.focus();
      wasIn = isIn;
    },
  };
}

function button(name: CallIcon, label: string, press: () => void): HTMLButtonElement {
  const made = iconButton(`call-${name}`, press);
  made.show(name, label);
  return made.element;
}

function iconButton(testId: string, press: () => void): Button {
  const attributes = { type: "button", class: "button icon-only", "data-testid": testId };
  const element = h("button", attributes);
  element.addEventListener("click", press);
  let shown = "";
  return {
    element,
    show(name, label) {
      setAttribute(element, "aria-label", label);
      setAttribute(element, "title", label);
      if (name !== shown) element.replaceChildren(callIcon(name));
      shown = name;
    },
  };
}

/** The label stays, and `aria-pressed` says whether it is on. */
function toggleView(source: Toggled, press: () => void): View<Call> {
  const { element, show } = iconButton(`call-${source}`, press);
  return {
    element,
    update({ mine, sending, opening, canShare }) {
      const isOn = sending[source]?.muted === false;
      element.hidden = mine !== "in" || (source === "screen" && !canShare);
      setAttribute(element, "aria-pressed", String(isOn));
      setAttribute(element, "aria-busy", opening.includes(source) && "true");
      show(source === "screen" || isOn ? source : `${source}-off`, words.call[source]);
    },
  };
}

/** Only where there are pictures. */
function sizeView(press: () => void): View<Call> {
  const { element, show } = iconButton("call-size", press);
  return {
    element,
    update({ isSmall, callers }) {
      element.hidden = callers.length === 0;
      show(isSmall ? "larger" : "smaller", isSmall ? words.call.larger : words.call.smaller);
    },
  };
}

function worded(testId: string, label: string, sign: Node, press: () => void): HTMLElement {
  const look = `button primary ${testId}`;
  const attributes = { type: "button", class: look, "data-testid": testId };
  const element = h("button", attributes, sign, label);
  element.addEventListener("click", press);
  return element;
}
