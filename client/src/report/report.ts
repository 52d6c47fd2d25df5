/**
 * The anonymous report of one connection (docs/protocol.md §3, `POST /api/report`). Pure.
 * Numbers within limits and words of closed vocabularies: no id, name, address or user agent.
 */
import type { Medium, Outcome, Report } from "../wire/report.js";
import type { Step } from "./stopwatch.js";

/** How a connection ended. */
export interface Ending {
  reached(step: Step): boolean;
  /** The browser said that it failed. */
  failed: boolean;
  /** ms since the peers met. */
  waited: number;
  /** The peer's seat was gone before: nobody was there to connect to. */
  peerGone: boolean;
}

const PATIENCE = 10_000; // ms: whoever goes sooner has not seen it fail
const MAX_PHASE = 600_000; // ms
const MAX_BYTES = 1e13;
const MAX_DURATION = 604_800; // s
const MAX_RETRIES = 1_000;
const MEDIA: readonly Medium[] = ["data", "audio", "video"];

export function outcomeOf({ reached, failed, waited, peerGone }: Ending): Outcome {
  if (reached("open")) return "connected";
  if (peerGone || !(failed || waited >= PATIENCE)) return "left-early";
  if (!reached("set")) return "failed-signaling";
  // The channel travels in DTLS: what stops it after ICE is there.
  return reached("ice") ? "failed-dtls" : "failed-ice";
}

/** What was observed, brought within the protocol's ranges. */
export function reportOf(observed: Report): Report {
  const { candidateType, transport, phases } = observed;
  return {
    id: observed.id,
    outcome: observed.outcome,
    side: observed.side,
    endedAt: Math.round(observed.endedAt),
    phases: Object.fromEntries(
      Object.entries(phases).map(([name, ms]) => [name, tenths(clamp(ms, MAX_PHASE))]),
    ),
    ...(candidateType ? { candidateType } : {}),
    ...(candidateType && transport ? { transport } : {}),
    bytesUp: Math.round(clamp(observed.bytesUp, MAX_BYTES)),
    bytesDown: Math.round(clamp(observed.bytesDown, MAX_BYTES)),
    duration: tenths(clamp(observed.duration, MAX_DURATION)),
    media: MEDIA.filter((kind) => observed.media.includes(kind)),
    retries: Math.round(clamp(observed.retries, MAX_RETRIES)),
    turn: observed.turn,
    browser: observed.browser,
  };
}

/** No number at all counts as none. */
function clamp(value: number, most: number): number {
  return value > 0 ? Math.min(most, value) : 0;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
