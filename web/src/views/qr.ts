// Without the modes for digits and kanji, which no link has.
import { generate } from "lean-qr/nano";
import type { RoomView } from "../app/room.js";
import { h, s, setAttribute, type View } from "../base/dom.js";
import { words } from "../words/page.js";

/** Light modules around the code, so that a camera finds it (ISO/IEC 18004 §9.1). */
const QUIET = 4;
/** Dark on light in both colour schemes: many readers take no other. */
const CLASS = "qr";

/** The link as a QR code, for somebody with a phone; made when it is opened. */
export function qrView(): View<RoomView> {
  const path = s("path", {});
  const code = s("svg", { class: CLASS, role: "img", "aria-label": words.link.qrLabel }, path);
  const element = h(
    "details",
    { class: "options", "data-testid": "invite-qr" },
    h("summary", {}, words.link.qr),
    code,
  );
  let link = "";
  let drawn = "";

  function draw(): void {
    if (!element.open || drawn === link) return;
    drawn = link;
    const { size, shape } = shapeOf(link);
    setAttribute(code, "viewBox", `${-QUIET} ${-QUIET} ${size + 2 * QUIET} ${size + 2 * QUIET}`);
    setAttribute(path, "d", shape);
  }
  element.addEventListener("toggle", draw);

  return {
    element,
    update(room) {
      link = room.link;
      draw();
    },
  };
}

/** The dark modules, each a square of 1. */
function shapeOf(text: string): { readonly size: number; readonly shape: string } {
  const code = generate(text);
  const { size } = code;
  const squares: string[] = [];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) if (code.get(x, y)) squares.push(`M${x} ${y}h1v1h-1z`);
  }
  return { size, shape: squares.join("") };
}
