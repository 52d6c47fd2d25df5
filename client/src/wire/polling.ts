/**
 * Long polling in place of a WebSocket: the states doubting and polling of transports.ts.
 *
 * What a WebSocket carries that is given up may arrive at the service later. Of two sockets the stamp
 * ends the one that an older answer of negotiate has opened, so the polls then need a newer answer.
 */
import type { DefaultHttpClient } from "@microsoft/signalr";
import type { LinePorts } from "./line-ports.js";
import { PollingHttp } from "./polling-http.js";
import type { Access } from "./protocol.js";
import type { Line } from "./signalr.js";
import { SocketMemory } from "./socket-memory.js";

const LONG_POLLING = 4; // HttpTransportType.LongPolling
const REQUEST_TIMEOUT_MS = 10_000; // but of a poll, which waits for something to be said
const SAME_TOKEN_MS = 5_000;

/** As `LineTools`: what this and SignalR's library would both import is given. */
export interface PollPorts extends LinePorts<unknown> {
  /** An answer of negotiate. */
  readonly access: Access;
  /** The key in `localStorage`. */
  readonly memory: string;
  readonly Line: typeof Line;
  readonly DefaultHttpClient: typeof DefaultHttpClient;
}

/** If WebSockets were blocked here in the last ten minutes. It may fail; then that is forgotten. */
export function pollAgain(ports: PollPorts): Promise<Line> | null {
  const memory = new SocketMemory(ports.memory);
  if (!memory.areBlocked) return null;
  return open(ports, ports.access).catch((error: unknown) => {
    memory.forget();
    throw error;
  });
}

/** `socket` has failed, or is pending. Rejects if it opens, or if polls do not work either. */
export async function pollInstead(
  ports: PollPorts,
  socket: Line,
  isPending: boolean,
): Promise<Line> {
  const access = isPending ? await renewed(ports) : ports.access;
  const line = await open(ports, access, () => {
    if (socket.isOpen) throw new Error("A WebSocket has opened.");
    void socket.giveUp();
  });
  new SocketMemory(ports.memory).rememberBlocked();
  return line;
}

/** `negotiated`: the service has answered by HTTP; if it throws, it ends there. */
function open(ports: PollPorts, access: Access, negotiated = () => {}): Promise<Line> {
  const http = new PollingHttp(negotiated);
  const httpClient = new ports.DefaultHttpClient({ log: () => {} });
  const send = httpClient.send.bind(httpClient);
  httpClient.send = (request) => http.send(request, send);
  const accessTokenFactory = tokens(access, ports);
  const options = { accessTokenFactory, transport: LONG_POLLING, httpClient };
  const whole = { ...options, timeout: REQUEST_TIMEOUT_MS };
  const line = new ports.Line(access, whole, ports, () => http.giveUp());
  void ports.ended.then(() => line.giveUp());
  return line.open();
}

/** Answers a newer token each time after the first: the service takes the one before no longer. */
function tokens({ accessToken }: Access, ports: PollPorts): () => string | Promise<string> {
  let token: string | Promise<string> = accessToken;
  let renewedAt: number | null = null; // null until the first token has been taken
  return () => {
    const now = performance.now();
    if (renewedAt === null) renewedAt = -SAME_TOKEN_MS;
    // A poll and a message may find out in the same moment that a token is too old.
    else if (now - renewedAt > SAME_TOKEN_MS) {
      renewedAt = now;
      token = renewed(ports).then((newer) => newer.accessToken);
    }
    return token;
  };
}

async function renewed(ports: PollPorts): Promise<Access> {
  const newer = await ports.renew();
  if (!newer) throw new Error("There is no newer answer.");
  return newer;
}
