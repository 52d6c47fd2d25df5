import * as sdk from "@heliograph/client";
import { type App, createApp } from "./app.js";
import { loadConfig } from "./config.js";
import type { View } from "./dom.js";
import { readLink } from "./link.js";
import { readName, readSeat } from "./session.js";
import type { State } from "./state.js";
import { createStore } from "./store.js";
import "./style.css";
import { todayView } from "./today.js";
import { joiningView } from "./views/joining.js";
import { roomView } from "./views/room.js";
import { startView } from "./views/start.js";

declare global {
  interface Window {
    /** The SDK, for the console and for tests; `room` is the room this page is in, or null. */
    heliograph: typeof sdk & { readonly room: sdk.Room | null };
  }
}

const place = document.querySelector<HTMLElement>("#app");
if (!place) throw new Error("index.html has no #app");

const { backends } = await loadConfig(document.baseURI);
const store = createStore(show);
const app: App = createApp(store, backends[0]);
const today = todayView(new URL(backends[0], document.baseURI).href);
window.heliograph = Object.defineProperty({ ...sdk, room: null }, "room", { get: () => app.room });

let screen: State["screen"] | null = null;
let view: View<State> | null = null;

function makeView(name: State["screen"]): View<State> {
  if (name === "room") return roomView(app, () => store.dispatch({ type: "dismissed" }));
  if (name === "joining") return joiningView(app);
  return startView(app, today.element);
}

function show(state: State): void {
  if (screen !== state.screen || !view) {
    screen = state.screen;
    view = makeView(state.screen);
    place?.replaceChildren(view.element);
    view.update(state);
    focus(view.element, screen);
  } else view.update(state);
  today.watch(state.screen === "start");
  document.title = titleFor(state);
}

/** Where there is a keyboard one can write at once; on a phone nothing covers the room. */
function focus(element: HTMLElement, name: State["screen"]): void {
  if (name === "start") return; // knows its fields itself
  const write = name === "room" && matchMedia("(pointer: fine)").matches;
  element.querySelector<HTMLElement>(write ? "#chat-input" : "h1")?.focus();
}

let hiddenSince = Number.POSITIVE_INFINITY;

/** Who looks at another tab sees in this one's title how many messages have come. */
function titleFor({ room }: State): string {
  if (!room) return "Heliograph";
  const unread = room.entries.filter(
    (entry) => entry.type === "text" && !entry.mine && entry.at >= hiddenSince,
  ).length;
  return `${unread ? `(${unread}) ` : ""}${room.id} · Heliograph`;
}

document.addEventListener("visibilitychange", () => {
  hiddenSince = document.hidden ? Date.now() : Number.POSITIVE_INFINITY;
  document.title = titleFor(store.state);
});

/** Straight into the room when the link or this tab's memory says who comes; else the start screen. */
function open(): void {
  const target = readLink(new URL(location.href));
  const seat = target.room ? readSeat(sessionStorage, target.room) : {};
  const form = { ...target, invite: target.invite || (seat.invite ?? "") };
  const named = { ...form, name: form.name || seat.name || readName(localStorage) };
  if (typeof RTCPeerConnection === "undefined")
    store.dispatch({ type: "started", form: named, problem: "unsupported" });
  else if (target.room && (target.name || seat.token))
    void app.enter({ ...form, name: target.name || (seat.name ?? "") });
  else store.dispatch({ type: "started", form: named });
}

window.addEventListener("pagehide", () => app.keep());
window.addEventListener("hashchange", () => app.room ?? open());
open();
