import { h, setAttribute, setText, type View } from "../base/dom.js";
import { type Call, goesOn } from "../call/model.js";
import { words } from "../words/page.js";
import { type BarActions, barView } from "./call-bar.js";
import { type DevicesActions, devicesView } from "./call-devices.js";
import { previewView } from "./call-preview.js";
import { type TileActions, tilesView } from "./call-tiles.js";
import "../styles/call.css";

export interface CallActions extends BarActions, DevicesActions, TileActions {
  /** Our own camera; the same object as long as it is on. */
  preview(): MediaStream | null;
}

/** The stage of a call: who is seen and heard, and our own part of it. */
export function callView(actions: CallActions): View<Call> {
  const people = tilesView("person", actions);
  const screens = tilesView("screen", actions);
  const pictures = h("div", { class: "pictures" }, screens.element, people.element);
  const preview = previewView(actions.preview);
  const hint = h("p", { class: "call-hint", role: "status" });
  const bar = barView(actions);
  const devices = devicesView(actions);
  const foot = h("div", { class: "call-foot" }, preview.element, hint, bar.element);
  const element = h(
    "section",
    { class: "call", "aria-label": words.call.title, "data-testid": "call" },
    ...[pictures, foot, devices.element],
  );
  return {
    element,
    update(call) {
      element.hidden = !goesOn(call) && call.mine === "out";
      setAttribute(element, "data-size", call.isSmall ? "small" : "large");
      setAttribute(element, "data-mine", call.mine);
      for (const part of [screens, people, preview, bar, devices]) part.update(call);
      setText(hint, hintFor(call));
    },
  };
}

function hintFor({ mine, callers }: Call): string {
  if (mine === "starting") return words.call.asking;
  if (mine === "in") return callers.length === 0 ? words.call.alone : "";
  return words.call.goesOn;
}
