/** The configuration of a page: JSON in its HTML, so that nothing has to be loaded for it. */
export interface Config {
  /** Addresses of the API, one for each stamp, absolute or from the root. */
  readonly backends: readonly [string, ...string[]];
}

const FALLBACK: Config = { backends: ["/api"] };

/** Reads `text`, JSON. Without the name of a backend in it, the backend is `/api`. */
export function readConfig(text: string | null | undefined): Config {
  const { backends } = (parsed(text ?? "") ?? {}) as { backends?: unknown };
  if (!Array.isArray(backends)) return FALLBACK;
  const [first, ...rest] = backends.filter((one) => typeof one === "string" && one !== "");
  return first === undefined ? FALLBACK : { backends: [first, ...rest] };
}

/** The configuration in the HTML of this page: see `readConfig`. */
export const configOf = (page: Document): Config =>
  readConfig(page.querySelector("#config")?.textContent);

/** The addresses as seen from `page`, an absolute address. Each is there once. */
export const absolute = (backends: Config["backends"], page: string): readonly string[] => [
  ...new Set(backends.map((backend) => new URL(backend, page).href)),
];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
