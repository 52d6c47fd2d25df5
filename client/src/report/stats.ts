/** What we read of `RTCPeerConnection.getStats` (W3C webrtc-stats). */

/** The members that we use, of transports, candidate pairs and candidates. */
export interface Stat {
  id: string;
  type: string;
  state?: string;
  nominated?: boolean;
  protocol?: string;
  candidateType?: string;
  relayProtocol?: string;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
  bytesSent?: number;
  bytesReceived?: number;
}

/** The two candidates of a pair. */
export interface Pair {
  ours: Stat | undefined;
  theirs: Stat | undefined;
}

/** All statistics as a list. Rejects if the browser has none, for example after `close`. */
export async function statsOf(connection: Pick<RTCPeerConnection, "getStats">): Promise<Stat[]> {
  const stats: Stat[] = [];
  (await connection.getStats()).forEach((stat: Stat) => {
    stats.push(stat);
  });
  return stats;
}

/**
 * The candidates of the selected pair; null if none is selected. Where the transport names
 * none, it is the nominated pair that has succeeded (RFC 8445 §8.1.1).
 */
export function selectedPair(stats: readonly Stat[]): Pair | null {
  const byId = new Map(stats.map((stat) => [stat.id, stat]));
  const chosen = stats.find((s) => s.type === "transport")?.selectedCandidatePairId;
  const pair =
    (chosen ? byId.get(chosen) : undefined) ??
    stats.find((s) => s.type === "candidate-pair" && s.nominated && s.state === "succeeded");
  if (!pair) return null;
  const { localCandidateId = "", remoteCandidateId = "" } = pair;
  return { ours: byId.get(localCandidateId), theirs: byId.get(remoteCandidateId) };
}
