import { s } from "./dom.js";

/** Lines on a grid of 24 × 24. */
const PATHS = {
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  share: "M12 15V3m-4 4 4-4 4 4M6 12H5v9h14v-9h-1",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  unlock: "M6 11h12v9H6zM8.5 11V7a3.5 3.5 0 0 1 6.8-1.2",
  leave: "M10 4H5v16h5M9 12h12m-4-4 4 4-4 4",
  send: "M4 12 20 4l-4.5 16-4-6.5L4 12zm7.5 1.5L20 4",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zm-6 9c0-4 2.5-6 6-6s6 2 6 6M16 4.5a3.5 3.5 0 0 1 0 6.2M18 14.5c2 .8 3 2.7 3 5.5",
  remove:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zm-6 9c0-4 2.5-6 6-6 1.6 0 3 .4 4 1.2M16 15l5 5m0-5-5 5",
  close: "M6 6l12 12M18 6 6 18",
  check: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-4 9.2 3 3 5-6",
  tick: "M5 12.5l4.5 4.5L19 7",
  wait: "M12 3a9 9 0 1 0 9 9M12 7v5l3 2",
  again: "M20 5v5h-5M4 19v-5h5M19.5 10A8 8 0 0 0 5.6 7M4.5 14a8 8 0 0 0 13.9 3",
  alert: "M12 4 2.5 20h19L12 4zm0 6v4m0 3v.1",
  direct: "M3 12h18M7 8l-4 4 4 4M17 8l4 4-4 4",
  relayed: "M3 17l6.5-8M14.5 9l6.5 8M12 4.5a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6z",
  server: "M4 5h16v5H4zM4 14h16v5H4zM8 7.5v.1M8 16.5v.1",
  clip: "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8L10 17a1.8 1.8 0 0 1-2.5-2.5l7.5-7.5",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  pause: "M8 5v14M16 5v14",
  play: "M7 4.5v15l12-7.5z",
  plus: "M12 5v14M5 12h14",
  down: "M12 5v14m-6-6 6 6 6-6",
  up: "M12 19V5m-6 6 6-6 6 6",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  call: "M3 7h12v10H3zM15 11l6-4v10l-6-4",
} as const;

/** The signs that there are. */
export type IconName = keyof typeof PATHS;

/** A sign beside words. Screen readers do not see it. */
export const icon = (name: IconName): SVGSVGElement => sign(name, PATHS[name]);

/** A sign of one's own. */
export function sign(name: string, path: string): SVGSVGElement {
  return s(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", "data-icon": name },
    s("path", { d: path }),
  );
}
