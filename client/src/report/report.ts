/** From observations to the report of one connection (docs/protocol.md §3, `POST /api/report`). Pure. */
import type { Medium, Outcome, Report } from "../wire/report.js";
import type { Step } from "./stopwatch.js";

/** How a connection ended. */
export interface Ending {
  reached(step: Step): boolean;
  /** The browser said that it failed. */
  failed: boolean;
  /** ms since the peers met. */
  waitedMs: number;
  /** The peer was gone before us: there was nobody to connect to. */
  peerGone: boolean;
}

const LEFT_EARLY_MS = 10_000; // who leaves sooner has not seen the connection fail
const MAX_PHASE_MS = 600_000;
const MAX_BYTES = 1e13;
const MAX_DURATION_SECONDS = 604_800;
const MAX_RETRIES = 1_000;
const MEDIA: readonly Medium[] = ["data", "audio", "video"];

/**
 * | The channel opened | Peer gone, or left early | Both descriptions set | ICE connected | Outcome |
 * |---|---|---|---|---|
 * | yes | – | – | – | `connected` |
 * | no | yes | – | – | `left-early` |
 * | no | no | no | – | `failed-signaling` |
 * | no | no | yes | no | `failed-ice` |
 * | no | no | yes | yes | `failed-dtls`: the channel travels in DTLS (RFC 8831) |
 */
export function outcomeOf({ reached, failed, waitedMs, peerGone }: Ending): Outcome {
  if (reached("open")) return "connected";
  if (peerGone || !(failed || waitedMs >= LEFT_EARLY_MS)) return "left-early";
  if (!reached("set")) return "failed-signaling";
  return reached("ice") ? "failed-dtls" : "failed-ice";
}

/** What was observed, rounded and brought within the protocol's ranges. */
export function toReport(observed: Report): Report {
  const { candidateType, transport, phases } = observed;
  return {
    id: observed.id,
    outcome: observed.outcome,
    side: observed.side,
    endedAt: Math.round(observed.endedAt),
    phases: Object.fromEntries(
      Object.entries(phases).map(([name, ms]) => [name, toTenths(clamp(ms, MAX_PHASE_MS))]),
    ),
    ...(candidateType ? { candidateType } : {}),
    ...(candidateType && transport ? { transport } : {}),
    bytesUp: Math.round(clamp(observed.bytesUp, MAX_BYTES)),
    bytesDown: Math.round(clamp(observed.bytesDown, MAX_BYTES)),
    duration: toTenths(clamp(observed.duration, MAX_DURATION_SECONDS)),
    media: MEDIA.filter((kind) => observed.media.includes(kind)),
    retries: Math.round(clamp(observed.retries, MAX_RETRIES)),
    turn: observed.turn,
    browser: observed.browser,
  };
}

/** From 0 to `max`; 0 for NaN. */
function clamp(value: number, max: number): number {
  return value > 0 ? Math.min(max, value) : 0;
}

function toTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
