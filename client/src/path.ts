import { pause } from "./backoff.js";
import type { Path } from "./types.js";

const LOOKS = 10;
const BETWEEN = 100; // ms: the statistics follow the connection a moment later

export interface Found {
  path: Exclude<Path, "server">;
  /** It goes through a relay of this side. */
  ours: boolean;
}

/** Says the path now, and again whenever ICE selects another, while `current`. */
export function watchPath(
  connection: RTCPeerConnection,
  current: () => boolean,
  found: (found: Found) => void,
): void {
  const look = async () => {
    for (let looks = 0; looks < LOOKS && current(); looks += 1) {
      const path = await pathOf(connection).catch(() => null);
      if (path && current()) return found(path);
      await pause(BETWEEN);
    }
  };
  const transport = connection.sctp?.transport.iceTransport;
  if (transport) transport.onselectedcandidatepairchange = () => void look();
  void look();
}

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
export async function pathOf(connection: RTCPeerConnection): Promise<Found | null> {
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
  const [ours, theirs] = [pair.localCandidateId, pair.remoteCandidateId].map(
    (id) => id !== undefined && stats.get(id)?.candidateType === "relay",
  );
  return { path: ours || theirs ? "relayed" : "direct", ours: ours === true };
}
