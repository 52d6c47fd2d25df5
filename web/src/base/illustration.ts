import { s } from "./dom.js";

/** "HI" in Morse code, as a heliograph sends it: `.... ..`. */
const FLASHES = [".", ".", ".", ".", " ", ".", "."];

/** Two hills with a mirror each, the sun, and the light that goes between them. Decoration only. */
export function illustration(): SVGSVGElement {
  return s(
    "svg",
    { class: "art", viewBox: "0 0 480 260", "aria-hidden": "true" },
    s("circle", { class: "art-halo", cx: "108", cy: "84", r: "74" }),
    s("circle", { class: "art-sun", cx: "108", cy: "84", r: "46" }),
    s("path", {
      class: "art-far",
      d: "M0 214c60-40 104-46 160-22 50 21 96-50 168-56 66-6 104 34 152 28v96H0z",
    }),
    s("path", { class: "art-near", d: "M0 236c70-34 128-26 190-8 92 27 180 6 290-26v58H0z" }),
    mirror(112, 166, 1),
    mirror(392, 122, 0.8),
    ...beam(),
  );
}

function mirror(x: number, y: number, scale: number): SVGGElement {
  return s(
    "g",
    { transform: `translate(${x} ${y}) scale(${scale})` },
    s("path", {
      class: "art-stand",
      d: "M-20 0a20 20 0 0 0 40 0M0 20l-16 32M0 20v34M0 20l16 32",
    }),
    s("circle", { class: "art-mirror", cx: "0", cy: "0", r: "14" }),
    s("path", { class: "art-glint", d: "M-7 3 3-7M-2 7l9-9" }),
  );
}

function beam(): SVGElement[] {
  const step = 1 / (FLASHES.length + 1);
  return FLASHES.flatMap((flash, index) => {
    if (flash === " ") return [];
    const along = (index + 0.7) * step;
    const [x, y] = [142 + 236 * along, 161 - 38 * along];
    return s("circle", {
      class: `art-flash flash-${index}`,
      cx: x.toFixed(1),
      cy: y.toFixed(1),
      r: "5",
    });
  });
}
