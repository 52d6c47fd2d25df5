/** SignalR's library, as we use it: a third of all that a page loads, so it is imported late. */
import {
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  type IHttpConnectionOptions,
  LogLevel,
} from "@microsoft/signalr";
import type { LineTools } from "./line-ports.js";
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

const CLOSE_TIMEOUT_MS = 1_000;

/** One connection, by one transport. `open` it once. */
export class Line {
  /** The answer of negotiate that opens it. */
  readonly access: Access;
  readonly polls: boolean;
  readonly hub: HubConnection;
  /** The service has answered the handshake. */
  isOpen = false;
  readonly #tools: LineTools;
  readonly #abort: () => void;

  /** `abort` ends a start that hangs. */
  constructor(
    access: Access,
    options: IHttpConnectionOptions,
    tools: LineTools,
    abort: () => void,
  ) {
    this.access = access;
    this.polls = !options.skipNegotiation;
    this.#tools = tools;
    this.#abort = abort;
    this.hub = new HubConnectionBuilder()
      .withUrl(access.url, options)
      .configureLogging(LogLevel.None)
      .build();
    for (const target of TARGETS) {
      this.hub.on(target, (argument: unknown) => tools.heard(target, argument));
    }
  }

  /** Resolves when the service has answered the handshake. Rejects if that fails, or by `giveUp`. */
  async open(): Promise<this> {
    await this.hub.start();
    this.isOpen = true;
    return this;
  }

  /**
   * Does the other end answer within `ms`? What it is asked means nothing, so it refuses. Polls get
   * three times as long: they need so many round trips more.
   */
  async isAlive(ms: number): Promise<boolean> {
    const answer = this.hub.invoke<unknown>("signal", "{}").then(
      () => true,
      () => false,
    );
    return (await this.#tools.withTimeout(this.polls ? 3 * ms : ms, answer)) === true;
  }

  /**
   * Ends it, whatever it is doing. From now on nothing is heard. Resolves when it is closed, or after
   * a second: polls are ended by a request, and there may be no network.
   */
  async giveUp(): Promise<void> {
    if (!this.isOpen) this.#abort();
    await this.#tools.withTimeout(
      CLOSE_TIMEOUT_MS,
      this.hub.stop().catch(() => {}),
    );
  }
}

/** By a WebSocket. */
export function bySocket(access: Access, tools: LineTools): Line {
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
  return new Line(access, options, tools, () => {
    isAborted = true;
    socket?.close();
  });
}
