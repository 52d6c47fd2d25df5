/** The running statistics page: holds the state, asks the backend, keeps the answers. */
import type { Poll } from "../../base/poll.js";
import type { askAny } from "../answer/any.js";
import { parseSummary } from "../answer/parse.js";
import type { Reply } from "../answer/request.js";
import { type OpenStorage, readSaved, type Saved, save } from "../answer/saved.js";
import type { Range } from "../model/range.js";
import { type Event, initialState, type State, step } from "../model/state.js";

/** Everything outside. Tests give one in memory. */
export interface StatsWorld {
  /** The absolute addresses of the API. */
  readonly backends: readonly string[];
  readonly ask: typeof askAny;
  readonly storage: OpenStorage;
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs the task now, and again and again. */
  poll(task: () => void): Poll;
  /** Puts the range into the address bar, as a new entry of the history. */
  pushRange(range: Range): void;
}

/** What the user can do on the page. */
export interface StatsApp {
  /** Shows a range that the user has chosen. */
  choose(range: Range): void;
  /** Shows the range of the address bar, after the user went back or forward. */
  goTo(range: Range): void;
  retry(): void;
}

/** Starts at once. `show` is called with each state. */
export function createStatsApp(
  world: StatsWorld,
  first: Range,
  show: (state: State) => void,
): StatsApp {
  let state = initialState(first);
  let asking = new AbortController();

  function dispatch(event: Event): void {
    state = step(state, event);
    show(state);
  }

  async function refresh(): Promise<void> {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const event = await askFor(world, state, signal);
    if (event) dispatch(event);
  }

  function goTo(range: Range): void {
    dispatch(rangeChosen(world.storage, range));
    polling.now();
  }

  dispatch(rangeChosen(world.storage, first));
  const polling = world.poll(() => void refresh());
  return {
    goTo,
    choose(range) {
      if (range !== state.range) world.pushRange(range);
      goTo(range);
    },
    retry() {
      dispatch({ type: "retry-pressed" });
      polling.now();
    },
  };
}

/** The range, with what was kept of it to show until the answer comes. */
function rangeChosen(storage: OpenStorage, range: Range): Event {
  const saved = readSaved(storage, range);
  const summary = saved && parseSummary(saved.answer);
  return { type: "range-chosen", range, saved: summary && { summary, at: saved.at } };
}

/** Asks for the range of `state` and keeps the answer. null if nobody waits for it any more. */
async function askFor(
  world: StatsWorld,
  { range, summary }: State,
  signal: AbortSignal,
): Promise<Event | null> {
  const { storage } = world;
  const saved = summary && readSaved(storage, range);
  const { backends } = world;
  const reply = await world.ask({ backends, days: range, etag: saved?.etag ?? null, signal });
  if (signal.aborted) return null;
  const now = world.now();
  // A clock that is behind the backend's makes no figure younger than it is.
  const at = reply.type === "away" ? now : Math.min(now, reply.readAt ?? now);
  keepReply(storage, range, reply, saved, at);
  return eventOf(reply, range, { at, now });
}

function keepReply(
  storage: OpenStorage,
  range: Range,
  reply: Reply,
  saved: Saved | null,
  at: number,
): void {
  if (reply.type === "answer") save(storage, range, { at, etag: reply.etag, answer: reply.answer });
  else if (reply.type === "same" && saved) save(storage, range, { ...saved, at });
}

function eventOf(reply: Reply, range: Range, times: { at: number; now: number }): Event {
  if (reply.type === "answer") return { type: "answered", range, summary: reply.summary, ...times };
  return reply.type === "same" ? { type: "same", range, ...times } : { type: "away", range };
}
