import { selectedPair, statsOf } from "../report/stats.js";
import { pause } from "../timing/backoff.js";
import type { SelectedPath } from "../turn/access.js";

const LOOKS = 10;
const BETWEEN = 100; // ms: the statistics follow the connection a moment later

/** Says the path now, and again whenever ICE selects another, while `current`. */
export function watchPath(
  connection: RTCPeerConnection,
  current: () => boolean,
  found: (found: SelectedPath) => void,
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

/** By the selected candidate pair: `relayed` if either end is a TURN server; null if none is selected. */
export async function pathOf(connection: RTCPeerConnection): Promise<SelectedPath | null> {
  const pair = selectedPair(await statsOf(connection));
  if (!pair) return null;
  const [ours, theirs] = [pair.ours, pair.theirs].map((c) => c?.candidateType === "relay");
  return { path: ours || theirs ? "relayed" : "direct", ours: ours === true };
}
