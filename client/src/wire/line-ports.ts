/** What the connections to SignalR Service are given by whoever opens them: hub.ts. */
import type { withTimeout } from "../timing/backoff.js";
import type { Access } from "./protocol.js";

/** What the first script and a later one would both import, a bundler takes out of the first one. */
export interface LineTools {
  /** What the service says: a target and its argument. */
  heard(target: string, argument: unknown): void;
  readonly withTimeout: typeof withTimeout;
}

/** `Polling`: the module polling.ts. */
export interface LinePorts<Polling> extends LineTools {
  /** Negotiates again; null if that fails. */
  renew(): Promise<Access | null>;
  /** Ends every try, and the connection. */
  readonly ended: Promise<void>;
  loadPolling(): Promise<Polling>;
}
