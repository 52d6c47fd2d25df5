/**
 * Our seat at one stamp: the socket and how it comes back, the peer token and how it is renewed.
 *
 * | State | Event | Then |
 * |---|---|---|
 * | entering, resuming | admitted | opening, with the address of the answer |
 * | entering, resuming | a transient error, or a proof that came too late | waiting |
 * | entering, resuming | any other refusal | the owner is told; refused, for a minute or more |
 * | opening | the socket opens | connected |
 * | opening, connected | the socket fails, or ends | waiting, for a backoff that starts anew after 10 s of connection |
 * | waiting, refused | the wait ends, or `reconnectNow` | resuming: negotiate |
 * | any | `stopReconnecting`, `stop` | ended |
 */
import { HeliographError, isTransient } from "../errors.js";
import { backoff, pause } from "../timing/backoff.js";
import { runInNextTask } from "../timing/task.js";
import type { Api } from "../wire/api.js";
import { Hub } from "../wire/hub.js";
import type { Admission, Envelope, Push } from "../wire/protocol.js";

/** Refusals of a message that say that our seat is gone. */
const SEAT_GONE: ReadonlySet<string> = new Set(["not_member", "token_expired"]);
/** A proof of work that came too late: the next one may be in time. Or `join` was aborted. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(["proof_required", "bad_proof", "aborted"]);
const STEADY_MS = 10_000; // a socket that lived so long has worked
const MAX_TOKEN_LIFE_MS = 3_600_000; // docs/protocol.md §2
const MIN_TOKEN_LIFE_MS = 300_000; // our clock may be ahead of the server's
const REFUSED_MS = 60_000; // what was decided there does not change in a moment

/** See the table above. */
export type StampState =
  | "entering"
  | "opening"
  | "connected"
  | "waiting"
  | "resuming"
  | "refused"
  | "ended";

/** Our joining at this stamp. */
export interface Joining {
  /** What it answers. */
  readonly first: Promise<Admission>;
  /** The peer token, if it has answered. */
  readonly token: string | null;
}

/** What a stamp asks of signaling, and tells it. */
export interface StampPorts {
  /** Asks for our seat: it is the same one however often we ask. */
  negotiate(signal: AbortSignal): Promise<Admission>;
  /** We were admitted: the members and the ICE servers of now. */
  admitted(admission: Admission): void;
  /** The servers say something. */
  pushed(push: Push): void;
  /** `state` is another. */
  changed(): void;
  /** The seat was refused, and not for a moment. `first`: by the answer to our joining. */
  refused(error: HeliographError, first: boolean): void;
}

/** One stamp: one socket, one token. */
export class Stamp {
  /** The peer token of this stamp; null until it has admitted us. */
  token: string | null;
  state: StampState = "entering";
  /** Why the seat was refused; null since it was given. */
  refusal: HeliographError | null = null;
  readonly #ports: StampPorts;
  readonly #end = new AbortController();
  #hub: Hub | null = null;
  #wake = new AbortController();
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #awaySince = performance.now();

  /** From the first admission on, the socket is kept open. */
  constructor(
    readonly api: Api,
    { first, token }: Joining,
    ports: StampPorts,
  ) {
    this.#ports = ports;
    this.token = token;
    // Not at once, so that whoever awaits `join` can listen first.
    runInNextTask(() => void this.#run(first));
  }

  /** The socket is open. */
  get open(): boolean {
    return this.#hub?.open ?? false;
  }

  /** ms since the socket was last open, or since we began; 0 while it is open. */
  get awayMs(): number {
    return this.state === "connected" ? 0 : performance.now() - this.#awaySince;
  }

  /**
   * By the socket if it is open, else by HTTP; also by HTTP if the socket breaks meanwhile: the
   * receiver drops repeats by their seq. Rejects with a `HeliographError`.
   */
  async post(envelope: Envelope): Promise<void> {
    try {
      if (await this.#bySocket(envelope)) return;
      await this.api.signal(envelope, this.requireToken());
    } catch (error) {
      if (error instanceof HeliographError && SEAT_GONE.has(error.code)) this.negotiateAgain();
      throw error;
    }
  }

  /** The peer token. Throws `backend_away` if the stamp has not admitted us yet. */
  requireToken(): string {
    if (this.token !== null) return this.token;
    throw new HeliographError("backend_away", "This stamp has not admitted us yet.");
  }

  /** The servers no longer know us: end the socket, and negotiate again. */
  negotiateAgain(): void {
    void this.#hub?.stop();
  }

  /**
   * Negotiates again; the socket stays as it is. True if we were admitted, and without a socket: then
   * negotiate comes by itself.
   */
  async refresh(): Promise<boolean> {
    if (this.state !== "connected") return true;
    return (await this.#admission(() => this.#negotiate())) !== null;
  }

  /** The network is back: do not wait any longer. */
  reconnectNow(): void {
    this.#wake.abort();
  }

  /** We are about to give up the seat: when the socket ends now, do not open it again. */
  stopReconnecting(): void {
    this.#end.abort();
    this.#wake.abort();
    clearTimeout(this.#renewal);
  }

  /** Ends the socket for good. Resolves when it is closed. */
  async stop(): Promise<void> {
    this.stopReconnecting();
    await this.#hub?.stop();
  }

  /** False if the socket is not open, or breaks before it has an answer. */
  async #bySocket(envelope: Envelope): Promise<boolean> {
    if (!this.#hub?.open) return false;
    // Without `to`, `signal` parks an offer; all else goes to everyone.
    const method = envelope.to || envelope.kind === "offer" ? "signal" : "broadcast";
    return this.#hub.invoke(method, envelope);
  }

  async #run(first: Promise<Admission>): Promise<void> {
    let admission = await this.#admission(() => first);
    for (let attempt = 0; !this.#end.signal.aborted; attempt += 1) {
      if (admission && (await this.#connect(admission)) > STEADY_MS) attempt = 0;
      if (this.#end.signal.aborted) break;
      if (this.state !== "refused") this.#become("waiting");
      await this.#wait(this.refusal ? REFUSED_MS * (1 + Math.random()) : backoff(attempt));
      if (this.#end.signal.aborted) break;
      this.#become("resuming");
      admission = await this.#admission(() => this.#negotiate());
    }
    this.#become("ended");
  }

  /** From open to closed: how many ms the socket lived, 0 if it did not open. */
  async #connect({ url, accessToken }: Admission): Promise<number> {
    this.#become("opening");
    const hub = new Hub(url, accessToken, (push) => this.#ports.pushed(push));
    this.#hub = hub;
    if (!(await hub.start())) return 0;
    const opened = performance.now();
    this.#become("connected");
    await hub.ended;
    this.#awaySince = performance.now();
    return performance.now() - opened;
  }

  #negotiate(): Promise<Admission> {
    return this.#ports.negotiate(this.#end.signal);
  }

  /** Null if it was refused, or the seat is being given up. */
  async #admission(ask: () => Promise<Admission>): Promise<Admission | null> {
    const first = this.state === "entering";
    try {
      const admission = await ask();
      this.token = admission.token;
      this.refusal = null;
      this.#renewLater(admission.expiresAt);
      this.#ports.admitted(admission);
      return this.#end.signal.aborted ? null : admission;
    } catch (error) {
      if (this.#end.signal.aborted || !(error instanceof HeliographError)) return null;
      const { code, retryAfter = 0 } = error;
      if (isTransient(error) || SAYS_NOTHING.has(code)) await this.#wait(retryAfter * 1_000);
      else this.#refused(error, first);
      return null;
    }
  }

  #refused(error: HeliographError, first: boolean): void {
    this.refusal = error;
    if (this.state !== "connected") this.#become("refused");
    this.#ports.refused(error, first);
  }

  /** Renews the token at 75–85 % of its life; the socket stays as it is. */
  #renewLater(expiresAt: number): void {
    const left = expiresAt - Date.now();
    const lifeMs = Math.min(MAX_TOKEN_LIFE_MS, Math.max(MIN_TOKEN_LIFE_MS, left));
    clearTimeout(this.#renewal);
    if (this.#end.signal.aborted) return;
    this.#renewal = setTimeout(() => void this.#renew(), lifeMs * (0.75 + Math.random() / 10));
  }

  /** If it fails, it is tried again within minutes; a seat that is gone is found when we come back. */
  async #renew(): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#renewLater(0);
    await this.refresh();
  }

  async #wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#end.signal.aborted) return;
    this.#wake = new AbortController();
    await pause(ms, this.#wake.signal);
  }

  #become(state: StampState): void {
    if (this.state === state) return;
    this.state = state;
    this.#ports.changed();
  }
}
