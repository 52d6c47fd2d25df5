/** How many calls there were today, beside the link to the statistics. */
import { h, setText } from "../base/dom.js";
import { type Poll, poll } from "../base/poll.js";
import type { AnyQuestion } from "../stats/answer/any.js";
import type { Reply } from "../stats/answer/request.js";
import type { Summary } from "../stats/answer/summary.js";
import { words } from "../words/page.js";

const POLL_MS = 60_000;

/** Empty where there were none, or too few to be told: protocol §3, `GET /api/stats`. */
export function todayWords({
  latest,
  asOf,
  demo,
}: Pick<Summary, "latest" | "asOf" | "demo">): string {
  // A day that is over is for the page of statistics.
  if (!latest.calls || !new Date(asOf).toISOString().startsWith(latest.day)) return "";
  const calls = words.today.calls(latest.calls);
  return demo ? words.today.demo(calls) : calls;
}

/** Today's calls in the page. */
export interface Today {
  readonly element: HTMLElement;
  /** Asks every minute from true to false: on the start screen, and never while people talk. */
  watch(shown: boolean): void;
}

/** `backends` are absolute addresses of the API. While the number is unknown, it is hidden. */
export function todayView(backends: readonly string[], fetcher: typeof fetch = fetch): Today {
  const count = h("span", { class: "today-count", "data-testid": "today", hidden: true });
  const link = h("a", { href: "./stats/", "data-testid": "stats-link" }, words.today.statistics);
  let polling: Poll | null = null;
  let asking = new AbortController();
  let etag: string | null = null;

  async function refresh(): Promise<void> {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const reply = await ask({ backends, days: 1, etag, signal, fetch: fetcher });
    if (signal.aborted || reply?.type === "same") return;
    etag = reply?.type === "answer" ? reply.etag : null;
    setText(count, reply?.type === "answer" ? todayWords(reply.summary) : "");
    count.hidden = count.textContent === "";
  }

  return {
    element: h("p", { class: "today" }, count, link),
    watch(shown) {
      if (shown === (polling !== null)) return;
      polling?.stop();
      asking.abort();
      polling = shown ? poll(() => void refresh(), POLL_MS) : null;
    },
  };
}

/** Loaded here, because most links lead past the start screen. Null if it cannot be loaded. */
async function ask(question: AnyQuestion): Promise<Reply | null> {
  const loaded = await import("../stats/answer/any.js").catch(() => null);
  return loaded?.askAny(question) ?? null;
}
