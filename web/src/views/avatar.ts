import { h } from "../dom.js";
import { nameOf } from "../words.js";

const HUES = 6;

/** The first letter as a reader sees it (one emoji is one letter), on one of six calm colours. */
export function avatar(name: string, id: string): HTMLElement {
  return h(
    "span",
    { class: `avatar hue-${hue(id)}`, "aria-hidden": "true" },
    initial(nameOf(name)),
  );
}

export function initial(name: string): string {
  const [first] = new Intl.Segmenter().segment(name);
  return first?.segment.toLocaleUpperCase() ?? "";
}

export function hue(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return sum % HUES;
}
