/** How many calls there were today, beside the way to the statistics; nothing where that is unknown. */
import { h, setText } from "./dom.js";
import { ask } from "./stats/ask.js";
import { type Poll, poll } from "./stats/poll.js";
import type { Summary } from "./stats/summary.js";

const MINUTE = 60_000;

/** Empty where fewer than `k` called: a small number could tell on somebody. */
export function todayWords({ today, demo }: Pick<Summary, "today" | "demo">): string {
  if (!today.calls) return "";
  const calls = new Intl.NumberFormat().format(today.calls);
  return `${calls} ${today.calls === 1 ? "call" : "calls"} today${demo ? " (demonstration)" : ""}`;
}

export interface Today {
  readonly element: HTMLElement;
  /** Asks every minute while the start screen is there, and never while people talk. */
  watch(shown: boolean): void;
}

export function todayView(backend: string): Today {
  const count = h("span", { class: "today-count", "data-testid": "today" });
  const link = h("a", { href: "./stats/", "data-testid": "stats-link" }, "Statistics");
  const element = h("p", { class: "today" }, count, link);
  let polling: Poll | null = null;
  let asking: AbortController | null = null;
  let etag: string | null = null;
  say("");

  function say(words: string): void {
    setText(count, words);
    count.hidden = words === "";
  }

  async function refresh(): Promise<void> {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    const reply = await ask({ backend, days: 1, etag, signal });
    if (signal.aborted || reply.type === "same") return;
    etag = reply.type === "answer" ? reply.etag : null;
    say(reply.type === "answer" ? todayWords(reply.summary) : "");
  }

  return {
    element,
    watch(shown) {
      if (shown === (polling !== null)) return;
      polling?.stop();
      asking?.abort();
      polling = shown ? poll(() => void refresh(), MINUTE) : null;
    },
  };
}
