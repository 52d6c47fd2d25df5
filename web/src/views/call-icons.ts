import { sign } from "../base/icons.js";

/** The signs of a call, which come with its stage. Lines on a grid of 24 × 24. */
const PATHS = {
  microphone:
    "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  "microphone-off":
    "M4 4l16 16M9 9v2a3 3 0 0 0 4.8 2.4M15 11V6a3 3 0 0 0-5.8-1M5.5 11a6.5 6.5 0 0 0 10.5 5.1M18.3 12.5l.2-1.5M12 17.5V21",
  camera: "M3 7h12v10H3zM15 11l6-4v10l-6-4",
  "camera-off": "M4 4l16 16M7.5 7H3v10h12v-2.5M11 7h4v5l6 4V7l-4.5 3",
  screen: "M3 5h18v12H3zM8 21h8M12 17v4M12 14V8.5m-2.5 2L12 8l2.5 2.5",
  devices:
    "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4zM9 14.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
  "hang-up": "M3 14.5c0-5 4-7 9-7s9 2 9 7l-.6 1.7-4.4-.9-.3-3a12 12 0 0 0-7.4 0l-.3 3-4.4.9z",
  sound: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  smaller: "M4 10h6V4M20 14h-6v6M10 10 4 4M14 14l6 6",
  larger: "M4 10V4h6M20 14v6h-6M4 4l6 6M20 20l-6-6",
} as const;

export type CallIcon = keyof typeof PATHS;

/** Screen readers do not see it. */
export const callIcon = (name: CallIcon): SVGSVGElement => sign(name, PATHS[name]);
