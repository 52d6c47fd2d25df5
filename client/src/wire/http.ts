/** One POST of JSON with a timeout, one beacon, and what comes before both. */
import { HeliographError } from "../errors.js";
import { refusal } from "./refusal.js";
import { parseJson } from "./shape.js";

const TIMEOUT_MS = 10_000;

/** Options of one call. */
export interface Call {
  /** Travels in the body. */
  token?: string | undefined;
  /** Ends the call; it then rejects with `aborted`. */
  signal?: AbortSignal | undefined;
  /** For the whole call, the body of the answer included; 10 s by default. */
  timeoutMs?: number;
  /** The browser finishes the call even if the page goes away. */
  keepalive?: boolean;
}

/** The calls to one backend. */
export class Http {
  /** Without a slash at its end. */
  readonly base: string;
  readonly #fetch: typeof fetch;

  constructor(base: string, fetcher: typeof fetch = (...call) => fetch(...call)) {
    this.base = base.replace(/\/+$/, "");
    this.#fetch = fetcher;
  }

  /**
   * The JSON of a successful answer, or null if it is no JSON. Rejects with the backend's refusal,
   * `aborted`, or `backend_away`: no answer in time, or an error page of something in between.
   */
  async post(path: string, body: object, call: Call = {}): Promise<unknown> {
    const { signal, timeoutMs = TIMEOUT_MS } = call;
    const end = new AbortController();
    const abort = () => end.abort();
    const timer = setTimeout(abort, timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await this.#answer(path, body, call, end.signal);
    } catch (error) {
      if (error instanceof HeliographError) throw error;
      if (signal?.aborted) throw new HeliographError("aborted", "The call was aborted.");
      throw new HeliographError("backend_away", "The backend cannot be reached.");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** The same of a GET, which the browser may answer from its cache. */
  async get(path: string): Promise<unknown> {
    try {
      const response = await this.#fetch(this.base + path, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return response.ok ? parseJson(await response.text()) : null;
    } catch {
      throw new HeliographError("backend_away", "The backend cannot be reached.");
    }
  }

  /**
   * Opens a connection for the calls that follow, and asks for nothing: a Functions app answers its
   * root by itself, without any function. Never rejects; 10 s at most.
   */
  async connect(): Promise<void> {
    const page = typeof location === "undefined" ? undefined : location.href;
    const root = new URL("/", new URL(this.base, page));
    if (page && root.origin === new URL(page).origin) return; // the page came by one
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      // Without credentials, as our calls to another origin go: else it would be another connection.
      const how = { mode: "no-cors", credentials: "omit", cache: "no-store" } as const;
      await this.#fetch(root.href, { ...how, signal });
    } catch {
      // The call that needs it will say so.
    }
  }

  /**
   * From a page that goes away: nobody hears the answer. When a tab is closed, Firefox sends what a
   * fetch keeps alive more often than a beacon. As text: another type would need a CORS preflight.
   */
  beacon(path: string, value: object): void {
    if ("keepalive" in Request.prototype) {
      this.post(path, value, { keepalive: true }).catch(() => {});
    } else navigator.sendBeacon?.(this.base + path, JSON.stringify(value));
  }

  async #answer(path: string, body: object, call: Call, signal: AbortSignal): Promise<unknown> {
    const { token, keepalive = false } = call;
    signal.throwIfAborted();
    // No headers of ours: a call to another origin then needs no CORS preflight (Fetch §4.9).
    const text = JSON.stringify(token === undefined ? body : { ...body, token });
    const init = { method: "POST", body: text, keepalive, signal };
    const response = await this.#fetch(this.base + path, init);
    const answer = parseJson(await response.text());
    if (response.ok) return answer;
    throw refusal(response.status, response.headers.get("Retry-After"), answer);
  }
}
