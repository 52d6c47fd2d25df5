/** The room page: asks for the seat that the link means, and only then loads what it draws with. */
import type * as Sdk from "@heliograph/client";
import { createRoom, HeliographError, join, prepare } from "@heliograph/client";
import type { State } from "./app/state.js";
import { absolute, configOf } from "./base/config.js";
import { parsed } from "./base/parsed.js";
import { seldom } from "./base/seldom.js";
import { type App, createApp } from "./edge/app.js";
import { readTongue } from "./edge/language.js";
import { browserWorld } from "./edge/world.js";
import { BROKEN } from "./words/broken.js";
import { pageTable } from "./words/tables.js";
import "./style.css"; // the browser paints nothing before it is there; room.css comes with the screens

declare global {
  interface Window {
    /** The SDK, for the console and for tests; `room` is the room this page is in, or null. */
    heliograph: Omit<typeof Sdk, "openChannel"> & { readonly room: Sdk.Room | null };
  }
}

const IDLE_MS = 60_000; // a connection that was idle for longer may be closed

const world = browserWorld(absolute(configOf(document).backends, document.baseURI));
const { backends } = world;
const tongue = readTongue(world.siteStorage, navigator.languages);
// Come while the seat is asked for.
const drawing = import("./screens-main.js");
const speaking = pageTable(tongue.language);
let show: (state: State) => void = () => {}; // until the screens are loaded
let phase: State["phase"] = "start";
const app: App = createApp(world, (state) => {
  // What was prepared went along into the room.
  if (state.phase === "start" && phase !== "start") void prepare({ backends });
  phase = state.phase;
  show(state);
});
// By name: an object of the whole module would bring a bundler's helpers along.
const sdk = { createRoom, HeliographError, join, prepare };
window.heliograph = Object.defineProperty({ ...sdk, room: null }, "room", { get: () => app.room });

// Whoever looks at the start, or types into it, may be about to join.
const prepareSeldom = seldom(IDLE_MS, () => void prepare({ backends }));
const prepareAtStart = () => app.state.phase === "start" && prepareSeldom();
document.addEventListener("focusin", prepareAtStart);
document.addEventListener("input", prepareAtStart);
document.addEventListener("visibilitychange", () => !document.hidden && prepareAtStart());
window.addEventListener("hashchange", () => app.openLink());
app.openLink();
prepareAtStart();
draw().catch(async () => {
  // Nobody can be in a room and not see it.
  app.cancel();
  app.leave();
  await parsed(document);
  document.body.textContent = BROKEN[tongue.language];
});

async function draw(): Promise<void> {
  const [{ screens }, table] = await Promise.all([drawing, speaking, parsed(document)]);
  const place = document.querySelector<HTMLElement>("#app");
  if (!place) throw new Error("index.html has no #app");
  show = screens(place, app, world, tongue, table);
  show(app.state);
}
