/** What the room page uses of the world outside: the SDK, the browser and the clock. */
import { createRoom, join } from "@heliograph/client";
import { nextTask } from "../base/next-task.js";
import { randomSecret } from "../base/secret.js";
import type { OpenStorage } from "./records.js";

/** Everything outside. Tests give one in memory. */
export interface World {
  readonly sdk: { readonly createRoom: typeof createRoom; readonly join: typeof join };
  /** The addresses of the API, one for each stamp, such as `/api`. */
  readonly backends: readonly string[];
  /** Remembers for this tab. */
  readonly tabStorage: OpenStorage;
  /** Remembers for all tabs and visits. */
  readonly siteStorage: OpenStorage;
  /** The address of the page, absolute. */
  address(): string;
  /** Shows another address of this page, without a new entry in the history. */
  showAddress(address: string): void;
  /** This browser has WebRTC. */
  readonly supported: boolean;
  /** A new one each time: 22 characters, 128 random bits. */
  newSecret(): string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `run` after `ms` milliseconds; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Resolves in a later task. */
  nextTask(): Promise<void>;
}

/** The world of a page in a browser. */
export const browserWorld = (backends: readonly string[]): World => ({
  sdk: { createRoom, join },
  backends,
  tabStorage: () => sessionStorage,
  siteStorage: () => localStorage,
  address: () => location.href,
  showAddress: (address) => history.replaceState(null, "", address),
  supported: typeof RTCPeerConnection !== "undefined",
  newSecret: randomSecret,
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  nextTask,
});
