/** Which way a connection's bytes go, and how many: read from its statistics. Pure. */
import type { CandidateType, Transport } from "../wire/report.js";
import { type Stat, selectedPair } from "./stats.js";

const WORST_FIRST: readonly CandidateType[] = ["relay", "prflx", "srflx", "host"];
const TRANSPORTS: readonly Transport[] = ["udp", "tcp", "tls"];

export interface Traffic {
  up: number;
  down: number;
  /** The worse of the selected pair's two candidates. */
  candidateType?: CandidateType;
  transport?: Transport;
  /** It goes through a TURN server of this side. */
  ours: boolean;
}

export function trafficOf(stats: readonly Stat[]): Traffic {
  const { ours, theirs } = selectedPair(stats) ?? {};
  const candidateType = WORST_FIRST.find(
    (r) => r === ours?.candidateType || r === theirs?.candidateType,
  );
  const throughTurn = ours?.candidateType === "relay";
  const protocol = throughTurn ? (ours?.relayProtocol ?? ours?.protocol) : ours?.protocol;
  const transport = TRANSPORTS.find((t) => t === protocol);
  return {
    ...bytesOf(stats),
    ...(candidateType ? { candidateType } : {}),
    ...(candidateType && transport ? { transport } : {}),
    ours: throughTurn,
  };
}

/** Of the transports; where a browser does not count those, of the candidate pairs. */
function bytesOf(stats: readonly Stat[]): { up: number; down: number } {
  const transports = stats.filter((s) => s.type === "transport" && s.bytesSent !== undefined);
  const counted =
    transports.length > 0 ? transports : stats.filter((s) => s.type === "candidate-pair");
  const sum = (of: (stat: Stat) => number | undefined) =>
    counted.reduce((total, stat) => total + (of(stat) ?? 0), 0);
  return { up: sum((s) => s.bytesSent), down: sum((s) => s.bytesReceived) };
}
