/** The statistics page: wires the parts. */
import { absolute, configOf } from "../base/config.js";
import { poll } from "../base/poll.js";
import { keepLanguage, readTongue } from "../edge/language.js";
import { speak, words } from "../words/stats.js";
import { askAny } from "./answer/any.js";
import { createStatsApp, type StatsApp } from "./edge/app.js";
import { createFormat } from "./model/format.js";
import { type Range, rangeLink, readRange } from "./model/range.js";
import "./stats.css";
import { pageView } from "./views/page.js";

const POLL_MS = 60_000;

const place = document.querySelector<HTMLElement>("#app");
if (!place) throw new Error("index.html has no #app");

const site = new URL("../", document.baseURI).href;
const rangeOfAddress = (): Range => readRange(new URL(location.href));

const storage = () => localStorage;
const { language, locale } = await speak(readTongue(storage, navigator.languages));
document.documentElement.lang = language;
document.title = words.frame.tab;

const view = pageView(
  {
    choose: (range) => app.choose(range),
    retry: () => app.retry(),
    changeLanguage(chosen) {
      keepLanguage(storage, chosen);
      location.reload(); // the answer to the range is kept
    },
  },
  createFormat(locale),
);
place.append(view.element);

const app: StatsApp = createStatsApp(
  {
    backends: absolute(configOf(document).backends, site),
    ask: askAny,
    storage,
    now: Date.now,
    poll: (task) => poll(task, POLL_MS),
    pushRange: (range) => history.pushState(null, "", rangeLink(range)),
  },
  rangeOfAddress(),
  view.update,
);
window.addEventListener("popstate", () => app.goTo(rangeOfAddress()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", view.repaint);
