export interface Config {
  /** The first is used for now. */
  readonly backends: readonly [string, ...string[]];
}

const FALLBACK: Config = { backends: ["/api"] };

/** Reads config.json; anything that does not name a backend is as if it were not there. */
export function readConfig(json: unknown): Config {
  const backends = (json as { backends?: unknown } | null)?.backends;
  if (!Array.isArray(backends)) return FALLBACK;
  const [first, ...rest] = backends.filter((one) => typeof one === "string" && one !== "");
  return first === undefined ? FALLBACK : { backends: [first, ...rest] };
}

export async function loadConfig(page: string): Promise<Config> {
  try {
    const answer = await fetch(new URL("config.json", page), { cache: "no-cache" });
    return readConfig(answer.ok ? await answer.json() : null);
  } catch {
    return FALLBACK;
  }
}
