/** The path that ICE selected. */
import { selectedPair, statsOf } from "../report/stats.js";
import { pause } from "../timing/backoff.js";
import type { SelectedPath } from "../turn/access.js";

const MAX_READS = 10;
const READ_INTERVAL_MS = 100; // the statistics follow the connection a moment later

/** Calls `found` with the path, and again whenever ICE selects another, while `current` is true. */
export function watchPath(
  connection: RTCPeerConnection,
  current: () => boolean,
  found: (found: SelectedPath) => void,
): void {
  const read = async () => {
    for (let reads = 0; reads < MAX_READS && current(); reads += 1) {
      const path = await pathOf(connection).catch(() => null);
      if (path && current()) return found(path);
      await pause(READ_INTERVAL_MS);
    }
  };
  const transport = connection.sctp?.transport.iceTransport;
  if (transport) transport.onselectedcandidatepairchange = () => void read();
  void read();
}

/** Bytes that have come, less those of ICE; null if the browser does not say. */
export async function receivedBytes(connection: RTCPeerConnection): Promise<number | null> {
  const stats = await statsOf(connection).catch(() => []);
  const pairs = stats.filter(({ type }) => type === "candidate-pair");
  return pairs.length === 0
    ? null
    : pairs.reduce((sum, each) => sum + (each.bytesReceived ?? 0), 0);
}

/** By the selected candidate pair: `relayed` if either end is a TURN server; null if none is selected. */
export async function pathOf(connection: RTCPeerConnection): Promise<SelectedPath | null> {
  const pair = selectedPair(await statsOf(connection));
  if (!pair) return null;
  const [ours, theirs] = [pair.ours, pair.theirs].map((c) => c?.candidateType === "relay");
  const overTcp = ours === true && /^(tcp|tls)$/.test(`${pair.ours?.relayProtocol}`);
  return { path: ours || theirs ? "relayed" : "direct", ours: ours === true, overTcp };
}
