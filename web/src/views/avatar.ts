import { h } from "../base/dom.js";
import { nameOf } from "../words/notes.js";

/** How many colours there are: `.hue-0` … `.hue-5` in `styles/people.css`. */
const HUES = 6;

/** The first letter of the name on a colour that goes with the id. Decoration beside the name. */
export function avatar(name: string, id: string): HTMLElement {
  return h(
    "span",
    { class: `avatar hue-${hue(id)}`, "aria-hidden": "true" },
    initial(nameOf(name)),
  );
}

/** The first letter as a reader sees it: an emoji of several code points is one letter. */
export function initial(name: string): string {
  const [first] = new Intl.Segmenter().segment(name);
  return first?.segment.toLocaleUpperCase() ?? "";
}

/** A colour from 0 to 5, the same for the same id. */
export function hue(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return sum % HUES;
}
