/** What the room page uses of the world outside: the SDK, the browser and the clock. */
import * as sdk from "@heliograph/client";
import { nextTask } from "../base/next-task.js";
import type { OpenStorage } from "./storage.js";

/** Everything outside. Tests give one in memory. */
export interface World {
  readonly sdk: Pick<typeof sdk, "join" | "createRoom">;
  /** The address of the API, such as `/api`. */
  readonly backend: string;
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
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `run` after `ms` milliseconds; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Resolves in a later task. */
  nextTask(): Promise<void>;
}

/** The world of a page in a browser. */
export const browserWorld = (backend: string): World => ({
  sdk,
  backend,
  tabStorage: () => sessionStorage,
  siteStorage: () => localStorage,
  address: () => location.href,
  showAddress: (address) => history.replaceState(null, "", address),
  supported: typeof RTCPeerConnection !== "undefined",
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  nextTask,
});
