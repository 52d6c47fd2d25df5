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
/** Not needed where WebSockets work. */
const loadPolling = () => import("./polling.js");

/** Begins to load what a socket needs. If that fails, the socket tries it again. */
export const prepareSockets = (): void => void loadTransports().catch(() => {});

/** One connection: create it, `start` it, and wait for `ended`. */
export class Hub {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** The answer of negotiate that opens it. */
  access: Access;
  readonly #onPush: (push: Push) => void;
  /** While it is open. */
  #line: Line | null = null;
  #stopped = false;
  #end = () => {};

  /** `access` is an answer of negotiate. Pushes that cannot be parsed are dropped. */
  constructor(access: Access, onPush: (push: Push) => void) {
    this.access = access;
    this.#onPush = onPush;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get open(): boolean {
    return !this.#stopped && this.#line !== null;
  }

  /**
   * Opens it. False if that fails, or takes longer than 15 s. `renew` gets another answer of negotiate,
   * or null: where WebSockets are blocked, one may not be enough.
   */
  async start(renew: () => Promise<Access | null>): Promise<boolean> {
    const started = this.#start(renew).then(
      () => true,
      () => false,
    );
    const isOpen = (await withTimeout(OPEN_TIMEOUT_MS, started)) === true && !this.#stopped;
    if (!isOpen) await this.stop();
    return isOpen;
  }

  async #start(renew: () => Promise<Access | null>): Promise<void> {
    const { connect } = await loadTransports();
    const heard = (target: string, argument: unknown) => {
      // An argument is a text of JSON in both directions (docs/protocol.md §4): what lies between
      // would rewrite JSON that looks like a date.
      const push = this.#stopped ? null : parsePush(target, parseJson(argument));
      if (push) this.#onPush(push);
    };
    const ports = { heard, renew, ended: this.ended, withTimeout, loadPolling };
    const line = await connect(this.access, ports);
    line.hub.onclose(() => {
      this.#line = null;
      this.#end();
    });
    this.access = line.access;
    this.#line = line;
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
