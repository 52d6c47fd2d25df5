/** Shows notices of the browser, for who has asked for them. */
import { type News, OFF, ON, type Switch, type SwitchEvent, stepSwitch } from "../notices/model.js";
import { type OpenStorage, readText, writeText } from "./records.js";

/** What a notice says. */
export interface Words {
  readonly title: string;
  readonly body: string;
}

/** The browser's notices. */
export interface Bell {
  /** The person was asked before, and said so. */
  readonly isAllowed: boolean;
  readonly isHidden: boolean;
  ask(): Promise<boolean>;
  /** Throws where only a service worker may: Chrome on Android. */
  ring(words: Words, tag: string): void;
}

export interface Notices {
  press(): void;
  /** Shows it, if the switch is on and nobody looks at the page. */
  tell(news: News): void;
}

const KEY = "heliograph.notices";
const CHOSEN = "on";

/** `show` is called with each new state of the switch, and at once. */
export function createNotices(
  bell: Bell,
  storage: OpenStorage,
  wordsFor: (news: News) => Words,
  show: (state: Switch) => void,
): Notices {
  let now = readText(storage, KEY) === CHOSEN && bell.isAllowed ? ON : OFF;
  show(now);

  function dispatch(event: SwitchEvent): void {
    now = stepSwitch(now, event);
    writeText(storage, KEY, now.state === "on" ? CHOSEN : "");
    show(now);
  }

  return {
    press() {
      dispatch({ type: "pressed" });
      if (now.state !== "asking") return;
      bell.ask().then(
        (isAllowed) => dispatch({ type: isAllowed ? "allowed" : "denied" }),
        () => dispatch({ type: "failed" }),
      );
    },
    tell(news) {
      if (now.state !== "on" || !bell.isHidden) return;
      try {
        bell.ring(wordsFor(news), `${news.type} ${news.who}`);
      } catch {
        dispatch({ type: "failed" });
      }
    },
  };
}

/** Null where the browser has none. */
export function browserBell(icon: string): Bell | null {
  if (!("Notification" in window)) return null;
  const shown = new Set<Notification>();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const one of shown) one.close();
    shown.clear();
  });
  return {
    get isAllowed() {
      return Notification.permission === "granted";
    },
    get isHidden() {
      return document.hidden;
    },
    ask: async () => (await Notification.requestPermission()) === "granted",
    ring({ title, body }, tag) {
      // With `renotify` a second one with this tag takes the place of the first and is heard too.
      const options: NotificationOptions & { renotify: boolean } = {
        body,
        tag,
        icon,
        renotify: true,
      };
      const notice = new Notification(title, options);
      shown.add(notice);
      notice.addEventListener("click", () => window.focus());
      notice.addEventListener("close", () => shown.delete(notice));
    },
  };
}
