/** One connection to Azure SignalR, from open to closed; it does not reconnect by itself. */
import { HeliographError } from "../errors.js";
import { pause, withTimeout } from "../timing/backoff.js";
import { parseReply } from "./answers.js";
import { parsePush } from "./parse.js";
import type { Access, Envelope, Push } from "./protocol.js";
import { parseJson } from "./shape.js";
import type { Line } from "./signalr.js";

const OPEN_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 1_000; // polls are ended by a request, and there may be no network
/** Not needed before there is a seat. */
const loadTransports = () => import("./transports.js");

/** Begins to load what a socket needs. If that fails, the socket tries it again. */
export const prepareSockets = (): void => void loadTransports().catch(() => {});

/** One connection: create it, `start` it, and wait for `ended`. */
export class Hub {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #access: Access;
  readonly #onPush: (push: Push) => void;
  readonly #renew: () => Promise<Access | null>;
  readonly #stop = new AbortController();
  #line: Line | null = null;
  #connected = false;
  #end = () => {};

  /**
   * `access` is an answer of negotiate, and `renew` gets another one, or null: where WebSockets are
   * blocked, one may not be enough. Pushes that cannot be parsed are dropped.
   */
  constructor(access: Access, onPush: (push: Push) => void, renew: () => Promise<Access | null>) {
    this.#access = access;
    this.#onPush = onPush;
    this.#renew = renew;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get open(): boolean {
    return !this.#isStopped && this.#connected;
  }

  /** Of the answer that opened it. */
  get admittedAt(): number {
    return (this.#line?.access ?? this.#access).admittedAt;
  }

  /** Opens it. False if that fails, or takes longer than 15 s. */
  async start(): Promise<boolean> {
    const started = this.#start().then(
      () => true,
      () => false,
    );
    const opened = await withTimeout(OPEN_TIMEOUT_MS, started);
    if (!opened || this.#isStopped) await this.stop();
    return opened === true && !this.#isStopped;
  }

  async #start(): Promise<void> {
    const { connect } = await loadTransports();
    const heard = (target: string, argument: unknown) => {
      // An argument is a text of JSON in both directions (docs/protocol.md §4): what lies between
      // would rewrite JSON that looks like a date.
      const push = this.#isStopped ? null : parsePush(target, parseJson(argument));
      if (push) this.#onPush(push);
    };
    const { signal } = this.#stop;
    const line = await connect(this.#access, { heard, renew: this.#renew, signal });
    line.hub.onclose(() => {
      this.#connected = false;
      this.#end();
    });
    this.#line = line;
    this.#connected = true;
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /**
   * True when the service has taken the envelope; false if the connection breaks, or nothing is
   * answered in 15 s. Throws the refusal, or `bad_answer` for an answer of another form.
   */
  async invoke(method: "signal" | "broadcast", envelope: Envelope): Promise<boolean> {
    if (!this.#line) return false;
    const late = new AbortController();
    const answer = await Promise.race([
      this.#line.hub.invoke<unknown>(method, JSON.stringify(envelope)).catch(() => NO_ANSWER),
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

  /**
   * Does the other end answer within `ms`? What it is asked means nothing, so it refuses. Polls get
   * three times as long: they need so many round trips more.
   */
  async isAlive(ms: number): Promise<boolean> {
    const asked = this.#line?.hub.invoke<unknown>("signal", "{}") ?? Promise.reject();
    const answer = asked.then(
      () => true,
      () => false,
    );
    return (await withTimeout(this.#line?.polls ? 3 * ms : ms, answer)) === true;
  }

  /** Ends it for good. Resolves when it is closed, or after a second; it never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await withTimeout(CLOSE_TIMEOUT_MS, Promise.resolve(this.#line?.giveUp()));
    this.#end();
  }
}

/** `null` can be an answer, so it cannot stand for none. */
const NO_ANSWER = Symbol("no answer");
