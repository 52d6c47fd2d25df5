import { parseSummary, type Summary } from "./summary.js";

export type Reply =
  | {
      readonly type: "answer";
      readonly summary: Summary;
      readonly etag: string | null;
      readonly answer: unknown;
    }
  /** Nothing new since the answer with our ETag. */
  | { readonly type: "same" }
  | { readonly type: "away" };

const PATIENCE = 15_000; // ms

export interface Question {
  /** The address of the API, absolute. */
  readonly backend: string;
  readonly days: number;
  readonly etag?: string | null;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
}

/** Asks `GET /api/stats`. Never throws: whatever is wrong, the statistics are away. */
export async function ask(question: Question): Promise<Reply> {
  const { backend, days, etag, signal, fetch: get = fetch } = question;
  const patience = AbortSignal.timeout(PATIENCE);
  try {
    const response = await get(`${backend.replace(/\/+$/, "")}/stats?days=${days}`, {
      headers: etag ? { "If-None-Match": etag } : {},
      credentials: "omit",
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    if (response.status === 304) return { type: "same" };
    if (!response.ok) return { type: "away" };
    const answer: unknown = await response.json();
    const summary = parseSummary(answer);
    if (!summary) return { type: "away" };
    return { type: "answer", summary, etag: response.headers.get("etag"), answer };
  } catch {
    return { type: "away" };
  }
}
