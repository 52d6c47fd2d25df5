/** Which way a connection's bytes go, and how many: read from its statistics. Pure. */
import type { Route, Transport } from "./report.js";
import { type Stat, selectedPair } from "./stats.js";

const ROUTES: readonly Route[] = ["relay", "prflx", "srflx", "host"]; // the worst first
const TRANSPORTS: readonly Transport[] = ["udp", "tcp", "tls"];

export interface Traffic {
  up: number;
  down: number;
  /** The worse of the selected pair's two candidates. */
  path?: Route;
  transport?: Transport;
  /** It goes through a relay of this side. */
  ours: boolean;
}

export function trafficOf(stats: readonly Stat[]): Traffic {
  const { ours, theirs } = selectedPair(stats) ?? {};
  const path = ROUTES.find((r) => r === ours?.candidateType || r === theirs?.candidateType);
  const relayed = ours?.candidateType === "relay";
  const protocol = relayed ? (ours?.relayProtocol ?? ours?.protocol) : ours?.protocol;
  const transport = TRANSPORTS.find((t) => t === protocol);
  return {
    ...bytesOf(stats),
    ...(path ? { path } : {}),
    ...(path && transport ? { transport } : {}),
    ours: relayed,
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
