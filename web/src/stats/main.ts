import { loadConfig } from "../config.js";
import { ask } from "./ask.js";
import { createFormat } from "./format.js";
import { keep, readKept } from "./kept.js";
import { poll } from "./poll.js";
import { type Range, rangeLink, readRange } from "./range.js";
import { type Action, opening, reduce, type State } from "./state.js";
import "./stats.css";
import { parseSummary } from "./summary.js";
import { pageView } from "./views/page.js";

const MINUTE = 60_000;

const place = document.querySelector<HTMLElement>("#app");
if (!place) throw new Error("index.html has no #app");

const site = new URL("../", document.baseURI).href;
const storage = (): Storage => localStorage;
// Asked for at once, waited for only by who needs it: the page stands before.
const backend = loadConfig(site).then(({ backends }) => new URL(backends[0], site).href);

const view = pageView({ choose, retry }, createFormat());
let state: State = opening(readRange(new URL(location.href)));
let asking = new AbortController();

function dispatch(action: Action): void {
  state = reduce(state, action);
  view.update(state);
}

/** What we have of this range from before, while the newest is on its way. */
function enter(range: Range): void {
  const kept = readKept(storage, range);
  const summary = kept && parseSummary(kept.answer);
  dispatch({ type: "ranged", range, kept: summary && { summary, at: kept.at } });
}

function choose(range: Range): void {
  if (range !== state.range) history.pushState(null, "", rangeLink(range));
  enter(range);
  polling.now();
}

function retry(): void {
  dispatch({ type: "retried" });
  polling.now();
}

async function refresh(): Promise<void> {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const { range } = state;
  const kept = state.summary && readKept(storage, range);
  const reply = await ask({
    backend: await backend,
    days: range,
    etag: kept?.etag ?? null,
    signal,
  });
  if (signal.aborted) return;
  const at = Date.now();
  if (reply.type === "answer") {
    keep(storage, range, { at, etag: reply.etag, answer: reply.answer });
    dispatch({ type: "answered", range, summary: reply.summary, at });
  } else if (reply.type === "same") {
    if (kept) keep(storage, range, { ...kept, at });
    dispatch({ type: "same", range, at });
  } else dispatch({ type: "away", range });
}

place.append(view.element);
enter(state.range);
const polling = poll(() => void refresh(), MINUTE);
window.addEventListener("popstate", () => {
  enter(readRange(new URL(location.href)));
  polling.now();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.repaint());
