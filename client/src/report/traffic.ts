/** How many bytes a connection has carried, and over which path: from its statistics. Pure. */
import type { CandidateType, Transport } from "../wire/report.js";
import { type Stat, selectedPair } from "./stats.js";

const WORST_FIRST: readonly CandidateType[] = ["relay", "prflx", "srflx", "host"];
const TRANSPORTS: readonly Transport[] = ["udp", "tcp", "tls"];

/** What one look at the statistics says. */
export interface Traffic {
  /** Bytes that we have sent. */
  up: number;
  /** Bytes that we have received. */
  down: number;
  /** The worse of the selected pair's two candidates. */
  candidateType?: CandidateType;
  /** To our TURN server if there is one, else to the peer. */
  transport?: Transport;
  /** It goes through a TURN server of this side. */
  ours: boolean;
}

/** Words that the protocol does not know are left out. */
export function trafficOf(stats: readonly Stat[]): Traffic {
  const { ours, theirs } = selectedPair(stats) ?? {};
  const types = [ours?.candidateType, theirs?.candidateType];
  const candidateType = WORST_FIRST.find((type) => types.includes(type));
  const throughTurn = ours?.candidateType === "relay";
  const protocol = throughTurn ? (ours?.relayProtocol ?? ours?.protocol) : ours?.protocol;
  const transport = TRANSPORTS.find((known) => known === protocol);
  return {
    ...bytesOf(stats),
    ...(candidateType ? { candidateType } : {}),
    ...(candidateType && transport ? { transport } : {}),
    ours: throughTurn,
  };
}

/** The sum over the transports; browsers that do not count those count the candidate pairs. */
function bytesOf(stats: readonly Stat[]): { up: number; down: number } {
  const transports = stats.filter((s) => s.type === "transport" && s.bytesSent !== undefined);
  const pairs = stats.filter((s) => s.type === "candidate-pair");
  const counted = transports.length > 0 ? transports : pairs;
  const sum = (of: (stat: Stat) => number | undefined) =>
    counted.reduce((total, stat) => total + (of(stat) ?? 0), 0);
  return { up: sum((s) => s.bytesSent), down: sum((s) => s.bytesReceived) };
}
