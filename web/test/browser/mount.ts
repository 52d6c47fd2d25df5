/** Puts a view into the page, and finds what is in it. */
import type { View } from "../../src/base/dom.js";
import { plain } from "../../src/language/isolate.js";

/** The view alone in the page, updated with `state`. */
export function mount<S, V extends View<S>>(view: V, state: S): V {
  document.body.replaceChildren(view.element);
  view.update(state);
  return view;
}

/** The one element with this `data-testid` in the page. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = allById<E>(id);
  if (found.length !== 1) throw new Error(`${found.length} elements are called ${id}`);
  return found[0] as E;
}

export const allById = <E extends HTMLElement = HTMLElement>(id: string): E[] => [
  ...document.querySelectorAll<E>(`[data-testid="${id}"]`),
];

/** The button with these words or this label. */
export function button(words: string): HTMLButtonElement {
  const found = [...document.querySelectorAll("button")].find(
    (one) => one.textContent === words || plain(one.ariaLabel ?? "") === words,
  );
  if (!found) throw new Error(`no button ${words}`);
  return found;
}

export const isShown = (element: HTMLElement): boolean => element.checkVisibility();

/** A function that keeps what it is called with. */
export function recorder<A extends unknown[]>(): { calls: A[]; call: (...given: A) => void } {
  const calls: A[] = [];
  return { calls, call: (...given) => void calls.push(given) };
}

/** Resolves when the browser has drawn and told its observers. */
export async function drawn(): Promise<void> {
  for (let frame = 0; frame < 3; frame += 1)
    await new Promise((resolve) => requestAnimationFrame(resolve));
}

export function press(element: Element, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", {
    key,
    bubbles: true,
    cancelable: true,
    ...more,
  });
  element.dispatchEvent(event);
  return event;
}
