/**
 * How a connection to SignalR Service is opened, also in a network that blocks WebSockets: it refuses
 * them, lets them hang, or opens them and lets nothing through.
 *
 * | State | Event | Then |
 * |---|---|---|
 * | – | WebSockets were blocked here in the last ten minutes | polling |
 * | – | else | trying |
 * | trying | the service answers by the WebSocket | connected |
 * | trying | the WebSocket is refused, or breaks | polling |
 * | trying | nothing for 3 s | doubting: we negotiate again, and ask the service by HTTP |
 * | doubting | the service answers by the WebSocket | connected; what goes by HTTP is given up |
 * | doubting | the service answers by HTTP | polling; the WebSocket is given up |
 * | doubting | both fail | failed |
 * | polling | the service answers the handshake | connected; that WebSockets are blocked is remembered |
 * | polling | it fails | failed; nothing is remembered |
 * | any | `ended` | failed |
 *
 * In a network that is only slow the WebSocket wins: it needs fewer round trips, and began sooner.
 * All but the first try is in polling.ts, which is loaded when it is needed.
 */
import { DefaultHttpClient } from "@microsoft/signalr";
import type { LinePorts } from "./line-ports.js";
import type * as Polling from "./polling.js";
import type { Access } from "./protocol.js";
import { bySocket, Line } from "./signalr.js";

/** In a network that blocks nothing, an answer takes four round trips. */
const PATIENCE_MS = 3_000;

/** Opens a connection with this answer of negotiate, or a newer one. Rejects if that fails. */
export async function connect(access: Access, ports: LinePorts<typeof Polling>): Promise<Line> {
  const memory = `heliograph.sockets-blocked:${new URL(access.url).origin}`;
  const polls = { ...ports, access, memory, DefaultHttpClient, Line };
  const again = isKept(memory) && (await ports.loadPolling()).pollAgain(polls);
  if (again) return again;
  const socket = bySocket(access, ports);
  void ports.ended.then(() => socket.giveUp());
  const opened = socket.open();
  const isOpen = opened.then(
    () => true,
    () => false,
  );
  const soon = await ports.withTimeout(PATIENCE_MS, isOpen);
  if (soon) return socket;
  const polled = ports.loadPolling().then((it) => it.pollInstead(polls, socket, soon === null));
  return Promise.any([opened, polled]);
}

/** Whether it still counts, polling.ts finds out. A browser may throw in the getter. */
function isKept(key: string): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}
