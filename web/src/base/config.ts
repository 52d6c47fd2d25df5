/** The configuration of a page: `config.json` beside it. */
export interface Config {
  /** Addresses of the API, one for each stamp, absolute or from the root. */
  readonly backends: readonly [string, ...string[]];
}

const FALLBACK: Config = { backends: ["/api"] };

/** Reads `config.json`. Without the name of a backend in it, the backend is `/api`. */
export function readConfig(json: unknown): Config {
  const backends = (json as { backends?: unknown } | null)?.backends;
  if (!Array.isArray(backends)) return FALLBACK;
  const [first, ...rest] = backends.filter((one) => typeof one === "string" && one !== "");
  return first === undefined ? FALLBACK : { backends: [first, ...rest] };
}

/** Loads the configuration beside `page`, an absolute address. Never rejects: see `readConfig`. */
export async function loadConfig(page: string): Promise<Config> {
  try {
    const answer = await fetch(new URL("config.json", page), { cache: "no-cache" });
    return readConfig(answer.ok ? await answer.json() : null);
  } catch {
    return FALLBACK;
  }
}

/** The addresses as seen from `page`, an absolute address. Each is there once. */
export const absolute = (backends: Config["backends"], page: string): readonly string[] => [
  ...new Set(backends.map((backend) => new URL(backend, page).href)),
];
