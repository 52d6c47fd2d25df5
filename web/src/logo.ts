import { s } from "./dom.js";

/** The sun in a mirror on its stand, and the beam it sends. */
export function logo(): SVGSVGElement {
  return s(
    "svg",
    { class: "logo", viewBox: "0 0 32 32", "aria-hidden": "true" },
    s("circle", { class: "logo-sun", cx: "13", cy: "12", r: "7.5" }),
    s("path", { class: "logo-line", d: "M13 19.5V25m0 0-5.5 5M13 25l5.5 5" }),
    s("path", { class: "logo-beam", d: "M22.5 9.5h2m2.5 0h4M22.5 14.5h5m2.5 0h1" }),
  );
}
