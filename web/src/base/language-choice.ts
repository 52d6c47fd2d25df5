import { LANGUAGES, type Language } from "../language/choose.js";
import { h } from "./dom.js";

/** Each language in its own words, so that whoever wants it can read it. */
const nameOf = (language: Language): string =>
  new Intl.DisplayNames(language, { type: "language" }).of(language) ?? language;

/** The choice of the language, with `label` for who cannot see it. */
export function languageChoice(
  label: string,
  now: Language,
  choose: (language: Language) => void,
): HTMLElement {
  const options = LANGUAGES.map((one) => h("option", { value: one, lang: one }, nameOf(one)));
  const attributes = { id: "language", class: "field", "data-testid": "language" };
  const select = h("select", { ...attributes, "aria-label": label }, ...options);
  select.value = now;
  select.addEventListener("change", () => choose(select.value as Language));
  return h("div", { class: "language" }, select);
}
