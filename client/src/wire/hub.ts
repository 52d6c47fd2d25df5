/** One connection to Azure SignalR, from open to closed; it does not reconnect by itself. */
import type { HubConnection } from "@microsoft/signalr";
import { HeliographError } from "../errors.js";
import { pause, withTimeout } from "../timing/backoff.js";
import { parseReply } from "./answers.js";
import { parsePush } from "./parse.js";
import type { Envelope, Push } from "./protocol.js";
import { parseJson } from "./shape.js";

const OPEN_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 15_000;
/** Not needed before there is a seat. */
const loadSignalR = () => import("./signalr.js");

/** Begins to load what a socket needs. If that fails, the socket tries it again. */
export const prepareSockets = (): void => void loadSignalR().catch(() => {});

/** One connection: create it, `start` it, and wait for `ended`. */
export class Hub {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #url: string;
  readonly #accessToken: string;
  readonly #onPush: (push: Push) => void;
  #connection: HubConnection | null = null;
  #connected = false;
  #stopped = false;
  #end = () => {};

  /** `url` and `accessToken` are those of negotiate. Pushes that cannot be parsed are dropped. */
  constructor(url: string, accessToken: string, onPush: (push: Push) => void) {
    this.#url = url;
    this.#accessToken = accessToken;
    this.#onPush = onPush;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get open(): boolean {
    return !this.#stopped && this.#connected;
  }

  /** Opens it. False if that fails, or takes longer than 15 s. */
  async start(): Promise<boolean> {
    const started = this.#start().then(
      () => true,
      () => false,
    );
    const opened = await withTimeout(OPEN_TIMEOUT_MS, started);
    if (!opened || this.#stopped) await this.stop();
    return opened === true && !this.#stopped;
  }

  async #start(): Promise<void> {
    const { createConnection } = await loadSignalR();
    if (this.#stopped) return;
    const connection = createConnection(this.#url, this.#accessToken, (target, argument) => {
      // An argument is a text of JSON in both directions (docs/protocol.md §4): what lies between
      // would rewrite JSON that looks like a date.
      const push = this.#stopped ? null : parsePush(target, parseJson(argument));
      if (push) this.#onPush(push);
    });
    this.#connection = connection;
    connection.onclose(() => {
      this.#connected = false;
      this.#end();
    });
    await connection.start();
    this.#connected = true;
  }

  /**
   * True when the service has taken the envelope; false if the connection breaks, or nothing is
   * answered in 15 s. Throws the refusal, or `bad_answer` for an answer of another form.
   */
  async invoke(method: "signal" | "broadcast", envelope: Envelope): Promise<boolean> {
    if (!this.#connection) return false;
    const late = new AbortController();
    const answer = await Promise.race([
      this.#connection.invoke<unknown>(method, JSON.stringify(envelope)).catch(() => NO_ANSWER),
      pause(ANSWER_TIMEOUT_MS, late.signal).then(() => NO_ANSWER),
    ]);
    late.abort();
    if (answer === NO_ANSWER) return false;
    const reply = parseReply(answer);
    if (!reply) throw new HeliographError("bad_answer", "The service's answer has another form.");
    if (reply.ok) return true;
    const { code, message, retryAfter } = reply;
    throw new HeliographError(code, message, retryAfter === undefined ? {} : { retryAfter });
  }

  /** Does the other end answer within `ms`? What it is asked means nothing, so it refuses. */
  async isAlive(ms: number): Promise<boolean> {
    const asked = this.#connection?.invoke<unknown>("signal", "{}") ?? Promise.reject();
    const answer = asked.then(
      () => true,
      () => false,
    );
    return (await withTimeout(ms, answer)) === true;
  }

  /** Ends it for good. Resolves when it is closed; it never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#connection?.stop().catch(() => {});
    this.#end();
  }
}

/** `null` can be an answer, so it cannot stand for none. */
const NO_ANSWER = Symbol("no answer");
