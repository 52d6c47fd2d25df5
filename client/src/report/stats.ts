/** What `getStats` tells of a connection, as far as we ask. */

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

export interface Pair {
  ours: Stat | undefined;
  theirs: Stat | undefined;
}

export async function statsOf(connection: RTCPeerConnection): Promise<Stat[]> {
  const stats: Stat[] = [];
  (await connection.getStats()).forEach((stat: Stat) => {
    stats.push(stat);
  });
  return stats;
}

/** The candidates of the selected pair; null if none is selected. */
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
