/** What became of a connection (docs/protocol.md §3, `POST /api/report`). Pure. */
import type { Outcome } from "../wire/report.js";
import type { Step } from "./stopwatch.js";

/** How a connection ended. */
export interface Ending {
  /** The steps that were reached. */
  steps: Pick<ReadonlyMap<Step, number>, "has">;
  /** The browser said that it failed. */
  failed: boolean;
  /** ms since the peers met. */
  waitedMs: number;
  /** The peer was gone before us: there was nobody to connect to. */
  peerGone: boolean;
}

const LEFT_EARLY_MS = 10_000; // who leaves sooner has not seen the connection fail

/**
 * | The channel opened | Peer gone, or left early | Both descriptions set | ICE connected | Outcome |
 * |---|---|---|---|---|
 * | yes | – | – | – | `connected` |
 * | no | yes | – | – | `left-early` |
 * | no | no | no | – | `failed-signaling` |
 * | no | no | yes | no | `failed-ice` |
 * | no | no | yes | yes | `failed-dtls`: the channel travels in DTLS (RFC 8831) |
 */
export function outcomeOf({ steps, failed, waitedMs, peerGone }: Ending): Outcome {
  if (steps.has("open")) return "connected";
  if (peerGone || !(failed || waitedMs >= LEFT_EARLY_MS)) return "left-early";
  if (!steps.has("set")) return "failed-signaling";
  return steps.has("ice") ? "failed-dtls" : "failed-ice";
}
