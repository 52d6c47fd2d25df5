import { s } from "./dom.js";

/** A mirror with the sun in it, on three legs. Screen readers do not see it. */
export function logo(): SVGSVGElement {
  return s(
    "svg",
    { class: "logo", viewBox: "0 0 32 32", "aria-hidden": "true" },
    s("circle", { class: "logo-sun", cx: "13", cy: "12", r: "7" }),
    s("path", { class: "logo-line", d: "M3 12a10 10 0 0 0 20 0M13 22l-6 8m6-8v8m0-8 6 8" }),
    s("path", { class: "logo-beam", d: "m22 5 2.5-1.5M27.5 1.5l.1-.1M24.5 9l5-1.5" }),
  );
}
