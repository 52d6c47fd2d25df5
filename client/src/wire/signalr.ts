/** SignalR's library, as we use it: a third of all that a page loads, so it is imported late. */
import {
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  type IHttpConnectionOptions,
  LogLevel,
} from "@microsoft/signalr";
import { PollingHttp } from "./polling-http.js";
import type { Access } from "./protocol.js";

/** docs/protocol.md §4. */
const TARGETS = [
  "signal",
  "message",
  "admitted",
  "joined",
  "left",
  "disconnected",
  "orders",
  "closed",
] as const;
const REQUEST_TIMEOUT_MS = 10_000; // but of a poll, which waits for something to be said

const SAME_TOKEN_MS = 5_000;

/** What the service says: a target and its argument. */
export type Heard = (target: string, argument: unknown) => void;

/** One connection, by one transport. `open` it once. */
export class Line {
  /** The answer of negotiate that opens it. */
  readonly access: Access;
  readonly polls: boolean;
  readonly hub: HubConnection;
  readonly #abort: () => void;
  #isOpen = false;
  #isGivenUp = false;

  /** `abort` ends a start that hangs. */
  constructor(access: Access, options: IHttpConnectionOptions, heard: Heard, abort: () => void) {
    this.access = access;
    this.polls = options.transport === HttpTransportType.LongPolling;
    this.#abort = abort;
    this.hub = new HubConnectionBuilder()
      .withUrl(access.url, options)
      .configureLogging(LogLevel.None)
      .build();
    for (const target of TARGETS) {
      this.hub.on(target, (argument: unknown) => {
        if (!this.#isGivenUp) heard(target, argument);
      });
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when the service has answered the handshake. Rejects if that fails, or by `giveUp`. */
  async open(): Promise<this> {
    await this.hub.start();
    if (this.#isGivenUp) throw new Error("It was given up.");
    this.#isOpen = true;
    return this;
  }

  /** Ends it, whatever it is doing. From now on nothing is heard. Resolves when it is closed. */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    if (!this.#isOpen) this.#abort();
    await this.hub.stop().catch(() => {});
  }
}

/** By a WebSocket. */
export function bySocket(access: Access, heard: Heard): Line {
  let socket: WebSocket | undefined;
  let isAborted = false;
  const options = {
    accessTokenFactory: () => access.accessToken,
    transport: HttpTransportType.WebSockets,
    // The URL is the service's own, so there is nothing left to negotiate: two round trips less,
    // and one of them a CORS preflight.
    skipNegotiation: true,
    // `HubConnection.stop` waits until a socket has opened or failed, and nobody else can close it.
    WebSocket: class extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        socket = this;
        if (isAborted) this.close();
      }
    },
  };
  return new Line(access, options, heard, () => {
    isAborted = true;
    socket?.close();
  });
}

/**
 * By long polling. `negotiated`: the service has answered by HTTP; if that throws, it ends there.
 * `renew` answers a new token when the service takes the old one no longer.
 */
export function byPolls(
  access: Access,
  heard: Heard,
  ports: { negotiated(): void; renew(): Promise<string> },
): Line {
  const httpClient = new PollingHttp(ports.negotiated);
  let token: string | Promise<string> = access.accessToken;
  let isFirst = true;
  let renewedAt = Number.NEGATIVE_INFINITY;
  const accessTokenFactory = () => {
    const now = performance.now();
    // A poll and a message may find out in the same moment that a token is too old.
    const isNeeded = !isFirst && now - renewedAt > SAME_TOKEN_MS;
    isFirst = false;
    if (!isNeeded) return token;
    renewedAt = now;
    token = ports.renew();
    return token;
  };
  const transport = HttpTransportType.LongPolling;
  const options = { accessTokenFactory, transport, httpClient, timeout: REQUEST_TIMEOUT_MS };
  return new Line(access, options, heard, () => httpClient.giveUp());
}
