import type { Path } from "./types.js";

interface Stat {
  type: string;
  state?: string;
  nominated?: boolean;
  candidateType?: string;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
}

/** By the selected candidate pair: `relayed` if either end is a TURN server; null if none is selected. */
export async function pathOf(
  connection: RTCPeerConnection,
): Promise<Exclude<Path, "server"> | null> {
  const stats = new Map<string, Stat>();
  (await connection.getStats()).forEach((stat: Stat & { id: string }) => {
    stats.set(stat.id, stat);
  });
  const all = [...stats.values()];
  const chosen = all.find((s) => s.type === "transport")?.selectedCandidatePairId;
  const pair =
    (chosen ? stats.get(chosen) : undefined) ??
    all.find((s) => s.type === "candidate-pair" && s.nominated && s.state === "succeeded");
  if (!pair) return null;
  const ends = [pair.localCandidateId, pair.remoteCandidateId];
  return ends.some((id) => id && stats.get(id)?.candidateType === "relay") ? "relayed" : "direct";
}
