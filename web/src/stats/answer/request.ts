/** Asks `GET /api/stats` (protocol §3). */
import { parseSummary } from "./parse.js";
import type { Summary } from "./summary.js";

/** What came of a request. */
export type Reply =
  | {
      readonly type: "answer";
      readonly summary: Summary;
      readonly etag: string | null;
      /** When the backend read the figures, in milliseconds since 1970; null if it does not say. */
      readonly readAt: number | null;
      /** The answer as it came, to be kept. */
      readonly answer: unknown;
    }
  /** 304: the answer with our ETag is still true. */
  | { readonly type: "same"; readonly readAt: number | null }
  /** No answer that we can use. */
  | { readonly type: "away" };

const TIMEOUT_MS = 15_000;

/** What to ask. */
export interface Question {
  /** The absolute address of the API. */
  readonly backend: string;
  /** 1–365. */
  readonly days: number;
  /** Of the answer that we have. */
  readonly etag?: string | null;
  /** Ends the request: the reply is `away` then. */
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
}

/** Never throws: whatever is wrong, the reply is `away`. */
export async function ask(question: Question): Promise<Reply> {
  const { backend, days, etag, signal, fetch: get = fetch } = question;
  const ends = endsWith(signal, AbortSignal.timeout(TIMEOUT_MS));
  try {
    const response = await get(`${backend.replace(/\/+$/, "")}/stats?days=${days}`, {
      headers: etag ? { "If-None-Match": etag } : {},
      credentials: "omit",
      signal: ends.signal,
    });
    const readAt = lastModified(response);
    return response.status === 304 ? { type: "same", readAt } : await read(response, readAt);
  } catch {
    return { type: "away" };
  }
}

/** Ends with the first of them. Not by `AbortSignal.any`, which Safari 17.3 has not. */
export function endsWith(...signals: readonly (AbortSignal | undefined)[]): AbortController {
  const own = new AbortController();
  for (const signal of signals) {
    if (signal?.aborted) own.abort();
    signal?.addEventListener("abort", () => own.abort(), own);
  }
  return own;
}

async function read(response: Response, readAt: number | null): Promise<Reply> {
  if (!response.ok) return { type: "away" };
  const answer: unknown = await response.json();
  const summary = parseSummary(answer);
  if (!summary) return { type: "away" };
  return { type: "answer", summary, etag: response.headers.get("etag"), readAt, answer };
}

/** RFC 9110 §8.8.2. Another origin may read this header. */
function lastModified(response: Response): number | null {
  const at = Date.parse(response.headers.get("last-modified") ?? "");
  return Number.isNaN(at) ? null : at;
}
