/** The room page: wires the parts. */
import * as sdk from "@heliograph/client";
import { absolute, loadConfig } from "./base/config.js";
import { seldom } from "./base/seldom.js";
import { type App, createApp } from "./edge/app.js";
import { browserWorld } from "./edge/world.js";
import "./style.css";
import { joiningView } from "./views/joining.js";
import { roomView } from "./views/room.js";
import { screenView } from "./views/screen.js";
import { startView } from "./views/start.js";
import { titleOf } from "./views/title.js";
import { todayView } from "./views/today.js";

declare global {
  interface Window {
    /** The SDK, for the console and for tests; `room` is the room this page is in, or null. */
    heliograph: typeof sdk & { readonly room: sdk.Room | null };
  }
}

const IDLE_MS = 60_000; // a connection that was idle for longer may be closed

const place = document.querySelector<HTMLElement>("#app");
if (!place) throw new Error("index.html has no #app");

const backends = absolute((await loadConfig(document.baseURI)).backends, document.baseURI);
const today = todayView(backends);
const show = screenView(
  place,
  {
    start: () => startView(app, today.element),
    joining: () => joiningView(app),
    room: () => roomView(app),
  },
  () => matchMedia("(pointer: fine)").matches,
);
const app: App = createApp(browserWorld(backends), (state) => {
  show(state);
  today.watch(state.phase === "start");
  showTitle();
});
window.heliograph = Object.defineProperty({ ...sdk, room: null }, "room", { get: () => app.room });

// Whoever looks at the start, or types into it, may be about to join.
const prepare = seldom(IDLE_MS, () => void sdk.prepare({ backends }));
const prepareAtStart = () => app.state.phase === "start" && prepare();
place.addEventListener("focusin", prepareAtStart);
place.addEventListener("input", prepareAtStart);

let hiddenSince = Number.POSITIVE_INFINITY;

function showTitle(): void {
  document.title = titleOf(app.state, hiddenSince);
}

document.addEventListener("visibilitychange", () => {
  hiddenSince = document.hidden ? Date.now() : Number.POSITIVE_INFINITY;
  showTitle();
  if (!document.hidden) prepareAtStart();
});
window.addEventListener("hashchange", () => app.openLink());
app.openLink();
prepareAtStart();
