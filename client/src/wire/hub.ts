/** One SignalR connection, from open to closed; it does not reconnect by itself. */
import {
  HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  HubConnectionState,
  LogLevel,
} from "@microsoft/signalr";
import { HeliographError } from "../errors.js";
import { pause } from "../timing/backoff.js";
import { parsePush, parseReply } from "./parse.js";
import type { Envelope, Push } from "./protocol.js";

const DEADLINE = 15_000; // ms to open, and for an answer
const TARGETS = ["signal", "message", "joined", "left", "disconnected", "closed"];

export class Hub {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #connection: HubConnection;
  #stopped = false;

  constructor(url: string, accessToken: string, onPush: (push: Push) => void) {
    this.#connection = new HubConnectionBuilder()
      .withUrl(url, {
        accessTokenFactory: () => accessToken,
        transport: HttpTransportType.WebSockets,
      })
      .configureLogging(LogLevel.None)
      .build();
    for (const target of TARGETS) {
      this.#connection.on(target, (argument: unknown) => {
        const push = this.#stopped ? null : parsePush(target, argument);
        if (push) onPush(push);
      });
    }
    this.ended = new Promise((resolve) => this.#connection.onclose(() => resolve()));
  }

  get open(): boolean {
    return !this.#stopped && this.#connection.state === HubConnectionState.Connected;
  }

  /** False if it could not be opened in time. */
  async start(): Promise<boolean> {
    const started = this.#connection.start().then(
      () => true,
      () => false,
    );
    const opened = await Promise.race([started, pause(DEADLINE).then(() => false)]);
    if (!opened || this.#stopped) await this.stop();
    return opened && !this.#stopped;
  }

  /** True when the service has taken the envelope, false without an answer; throws its refusal. */
  async invoke(method: "signal" | "broadcast", envelope: Envelope): Promise<boolean> {
    const late = new AbortController();
    const answer = await Promise.race([
      this.#connection.invoke<unknown>(method, envelope).catch(() => AWAY),
      pause(DEADLINE, late.signal).then(() => AWAY),
    ]);
    late.abort();
    if (answer === AWAY) return false;
    const reply = parseReply(answer);
    if (reply.ok) return true;
    const { code, message, retryAfter } = reply;
    throw new HeliographError(code, message, retryAfter === undefined ? {} : { retryAfter });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#connection.stop().catch(() => {});
  }
}

const AWAY = Symbol("away");
