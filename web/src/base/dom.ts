/** Small helpers over the plain DOM. Text is always a text node and never markup. */

import { piecesOf } from "../language/isolate.js";

/** true: the attribute is there; false or undefined: it is not. */
export type Attributes = Readonly<Record<string, string | boolean | undefined>>;
/** What can be put into an element. */
export type Child = Node | string;

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

/** Sets the attribute if it differs; false or undefined removes it. */
export function setAttribute(
  element: Element,
  name: string,
  value: string | boolean | undefined,
): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value === true ? "" : value))
    element.setAttribute(name, value === true ? "" : value);
}

/** Makes an HTML element. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** Makes an SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return fill(element as SVGElementTagNameMap[K], attributes, children);
}

/** Writes the text if it differs: a screen reader would read the same text aloud again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The parts of a sentence for an element: each name that it isolates in a `bdi`. */
export const sentence = (text: string): Child[] =>
  piecesOf(text).map((piece) => (piece.isolated ? h("bdi", {}, piece.text) : piece.text));

/** As `setText`, for a sentence with names in it. */
export function setSentence(element: Element, text: string): void {
  const parts = sentence(text);
  const shown = parts.map((part) => (typeof part === "string" ? part : part.textContent)).join("");
  if (element.textContent !== shown) element.replaceChildren(...parts);
}

/** A part of the page: made once, updated from the state. */
export interface View<S> {
  readonly element: HTMLElement;
  update(state: S): void;
}
