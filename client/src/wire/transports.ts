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
 * | any | `signal` aborts | failed |
 *
 * In a network that is only slow the WebSocket wins: it needs fewer round trips, and began sooner.
 * While doubting, what the WebSocket carries may still arrive at the service. The stamp ends the older
 * of two sockets by the answers of negotiate that opened them, so the polls need a newer answer.
 */
import { withTimeout } from "../timing/backoff.js";
import type { Access } from "./protocol.js";
import { byPolls, bySocket, type Heard, type Line } from "./signalr.js";
import { SocketMemory } from "./socket-memory.js";

/** In a network that blocks nothing, an answer takes four round trips. */
const PATIENCE_MS = 3_000;

/** What a connection needs. */
export interface LinePorts {
  readonly heard: Heard;
  /** Negotiates again; null if that fails. */
  renew(): Promise<Access | null>;
  /** Ends every try. */
  readonly signal: AbortSignal;
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
  const socket = bySocket(access, ports.heard);
  const opened = begin(socket, ports);
  const failed = opened.then(
    () => false,
    () => true,
  );
  const soon = await withTimeout(PATIENCE_MS, failed);
  if (soon === false) return socket;
  if (soon === true) return poll(access, ports);
  return Promise.any([opened, pollBeside(socket, ports)]);
}

async function pollBeside(socket: Line, ports: LinePorts): Promise<Line> {
  const access = await ports.renew();
  if (!access) throw new Error("There is no newer answer.");
  return poll(access, ports, socket);
}

/** `beside`: a WebSocket that may still open. */
async function poll(access: Access, ports: LinePorts, beside?: Line): Promise<Line> {
  const negotiated = () => {
    if (beside?.isOpen) throw new Error("It is not needed.");
    void beside?.giveUp();
  };
  const renew = async () => {
    const newer = await ports.renew();
    if (!newer) throw new Error("There is no newer answer.");
    return newer.accessToken;
  };
  if (beside?.isOpen) throw new Error("It is not needed.");
  return begin(byPolls(access, ports.heard, { negotiated, renew }), ports);
}

async function begin(line: Line, { signal }: LinePorts): Promise<Line> {
  if (signal.aborted) throw new Error("It was given up.");
  signal.addEventListener("abort", () => void line.giveUp(), { once: true });
  return line.open();
}
