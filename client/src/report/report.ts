/** From observations to the report of one connection (docs/protocol.md §3, `POST /api/report`). Pure. */
import type { Medium, Report, TurnUse } from "../wire/report.js";
import { type Agent, browserOf } from "./browser.js";
import { type Ending, outcomeOf } from "./outcome.js";
import { phasesOf } from "./phases.js";
import type { Step } from "./stopwatch.js";

/** All of a report that a recorder sees. */
type Seen = Omit<Report, "browser" | "age" | "outcome" | "phases" | "turn" | "granted">;

export interface Observed extends Ending, Seen {
  /** ms of `performance.now()`. */
  readonly endedAt: number;
  /** When each was reached first, by the same clock. */
  readonly steps: ReadonlyMap<Step, number>;
  /** What came of requests for a credential. */
  readonly turn: Exclude<TurnUse, "used">;
  /** It went through a TURN server of this side. */
  readonly used: boolean;
  /** The ICE servers that were granted, if any were. */
  readonly servers: readonly (RTCIceServer & { granted?: string })[];
  /** ms that the negotiate call took, if one led us to the peer. */
  readonly admitMs?: number | undefined;
}

const MAX_AGE_MS = 604_800_000;
const MAX_PHASE_MS = 600_000;
const MAX_BYTES = 1e13;
const MAX_DURATION_SECONDS = 604_800;
const MAX_RETRIES = 1_000;
const MEDIA: readonly Medium[] = ["data", "audio", "video"];

/**
 * What was observed, rounded and brought within the protocol's ranges. `now`: when it is sent, in ms
 * of `performance.now()`. While a device sleeps that may stand still: then the age is too small by
 * that time, and the call is counted as one that ended later, at its arrival at the latest.
 */
export function toReport(observed: Observed, agent: Agent, now: number): Report {
  const { candidateType, transport, admitMs } = observed;
  const admit = admitMs === undefined ? {} : { admit: admitMs };
  const phases = { ...admit, ...phasesOf(observed.steps) };
  const outcome = outcomeOf(observed);
  const granted = observed.used && observed.servers.find((one) => one.granted)?.granted;
  const data = outcome === "connected" ? ["data"] : [];
  return {
    met: observed.met,
    outcome,
    side: observed.side,
    age: Math.round(clamp(now - observed.endedAt, MAX_AGE_MS)),
    phases: Object.fromEntries(
      Object.entries(phases).map(([name, ms]) => [name, toTenths(clamp(ms, MAX_PHASE_MS))]),
    ),
    ...(candidateType ? { candidateType } : {}),
    ...(candidateType && transport ? { transport } : {}),
    bytesUp: Math.round(clamp(observed.bytesUp, MAX_BYTES)),
    bytesDown: Math.round(clamp(observed.bytesDown, MAX_BYTES)),
    duration: toTenths(clamp(observed.duration, MAX_DURATION_SECONDS)),
    media: MEDIA.filter((kind) => [...data, ...observed.media].includes(kind)),
    retries: Math.round(clamp(observed.retries, MAX_RETRIES)),
    // Who uses a relay of its own has no proof, and it is nobody's cost.
    ...(granted ? { turn: "used", granted } : { turn: observed.turn }),
    browser: browserOf(agent),
  };
}

/** From 0 to `max`; 0 for NaN. */
function clamp(value: number, max: number): number {
  return value > 0 ? Math.min(max, value) : 0;
}

function toTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
