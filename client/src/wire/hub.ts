/** One connection to Azure SignalR, from open to closed; it does not reconnect by itself. */
import { HeliographError } from "../errors.js";
import { withTimeout } from "../timing/backoff.js";
import { parseReply } from "./answers.js";
import { parsePush } from "./parse.js";
import type { Access, Envelope, Push } from "./protocol.js";
import { parseJson } from "./shape.js";
import type { Line } from "./signalr.js";

const OPEN_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 15_000;
/** Not needed before there is a seat. */
const loadTransports = () => import("./transports.js");

/** Begins to load what a socket needs. If that fails, the socket tries it again. */
export const prepareSockets = (): void => void loadTransports().catch(() => {});

/** One connection: create it, `start` it, and wait for `ended`. */
export class Hub {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** The answer of negotiate that opens it. */
  access: Access;
  readonly #onPush: (push: Push) => void;
  readonly #renew: () => Promise<Access | null>;
  #line: Line | null = null;
  #connected = false;
  #stopped = false;
  #end = () => {};

  /**
   * `access` is an answer of negotiate, and `renew` gets another one, or null: where WebSockets are
   * blocked, one may not be enough. Pushes that cannot be parsed are dropped.
   */
  constructor(access: Access, onPush: (push: Push) => void, renew: () => Promise<Access | null>) {
    this.access = access;
    this.#onPush = onPush;
    this.#renew = renew;
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
    const { connect } = await loadTransports();
    const heard = (target: string, argument: unknown) => {
      // An argument is a text of JSON in both directions (docs/protocol.md §4): what lies between
      // would rewrite JSON that looks like a date.
      const push = this.#stopped ? null : parsePush(target, parseJson(argument));
      if (push) this.#onPush(push);
    };
    const ports = { heard, renew: this.#renew, ended: this.ended, withTimeout };
    const line = await connect(this.access, ports);
    line.hub.onclose(() => {
      this.#connected = false;
      this.#end();
    });
    this.access = line.access;
    this.#line = line;
    this.#connected = true;
  }

  /**
   * True when the service has taken the envelope; false if the connection breaks, or nothing is
   * answered in 15 s. Throws the refusal, or `bad_answer` for an answer of another form.
   */
  async invoke(method: "signal" | "broadcast", envelope: Envelope): Promise<boolean> {
    const asked = this.#line?.hub.invoke<unknown>(method, JSON.stringify(envelope));
    // `null` can be an answer, so it cannot stand for none.
    const taken = asked?.then(
      (answer) => ({ answer }),
      () => null,
    );
    const answered = taken && (await withTimeout(ANSWER_TIMEOUT_MS, taken));
    if (!answered) return false;
    const reply = parseReply(answered.answer);
    if (!reply) throw new HeliographError("bad_answer", "The service's answer has another form.");
    if (reply.ok) return true;
    const { code, message, retryAfter } = reply;
    throw new HeliographError(code, message, retryAfter === undefined ? {} : { retryAfter });
  }

  /** Does the other end answer within `ms`, or three times as long by polls? */
  async isAlive(ms: number): Promise<boolean> {
    return (await this.#line?.isAlive(ms)) ?? false;
  }

  /** Ends it for good. Resolves when it is closed, or after a second; it never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#line?.giveUp();
    this.#end();
  }
}
