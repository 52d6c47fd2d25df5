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
 * While doubting, what the WebSocket carries may still arrive at the service. The stamp ends the older
 * of two sockets by the answers of negotiate that opened them, so the polls need a newer answer.
 */
import type { Access } from "./protocol.js";
import { byPolls, bySocket, type Line, type LineTools } from "./signalr.js";
import { SocketMemory } from "./socket-memory.js";

/** In a network that blocks nothing, an answer takes four round trips. */
const PATIENCE_MS = 3_000;

/** What a connection needs. */
export interface LinePorts extends LineTools {
  /** Negotiates again; null if that fails. */
  renew(): Promise<Access | null>;
  /** Ends every try, and the connection. */
  readonly ended: Promise<void>;
}

/** Opens a connection with this answer of negotiate, or a newer one. Rejects if that fails. */
export async function connect(access: Access, ports: LinePorts): Promise<Line> {
  const memory = new SocketMemory(access.url);
  if (memory.areBlocked) {
    return poll(access, ports).catch((error: unknown) => {
      memory.forget();
      throw error;
    });
  }
  const opened = await openSocket(access, ports);
  if (opened.polls) memory.rememberBlocked();
  return opened;
}

async function openSocket(access: Access, ports: LinePorts): Promise<Line> {
  const socket = bySocket(access, ports);
  const opened = begin(socket, ports);
  const isOpen = opened.then(
    () => true,
    () => false,
  );
  const soon = await ports.withTimeout(PATIENCE_MS, isOpen);
  if (soon) return socket;
  if (soon === false) return poll(access, ports);
  const polled = renewed(ports).then((newer) => poll(newer, ports, socket));
  return Promise.any([opened, polled]);
}

/** `beside`: a WebSocket that may still open. */
async function poll(access: Access, ports: LinePorts, beside?: Line): Promise<Line> {
  const giveUpSocket = () => {
    if (beside?.isOpen) throw new Error();
    void beside?.giveUp();
  };
  if (beside?.isOpen) throw new Error();
  const renew = async () => (await renewed(ports)).accessToken;
  return begin(byPolls(access, ports, giveUpSocket, renew), ports);
}

async function renewed(ports: LinePorts): Promise<Access> {
  return (await ports.renew()) ?? Promise.reject();
}

function begin(line: Line, { ended }: LinePorts): Promise<Line> {
  void ended.then(() => line.giveUp());
  return line.open();
}
