import { h, type View } from "../base/dom.js";
import type { Call } from "../call/model.js";
import { words } from "../words/page.js";

/** Our own camera, small, as in a mirror. It is not there while the camera is off. */
export function previewView(streamOf: () => MediaStream | null): View<Call> {
  const element = h("video", {
    class: "call-self",
    "aria-label": words.call.you,
    playsinline: true,
    autoplay: true,
    "data-testid": "call-self",
  });
  element.muted = true;
  return {
    element,
    update({ sending }) {
      const stream = sending.camera && !sending.camera.muted ? streamOf() : null;
      element.hidden = stream === null;
      if (element.srcObject === stream) return;
      element.srcObject = stream;
      if (stream) void element.play().catch(() => {}); // the next picture starts it
    },
  };
}
