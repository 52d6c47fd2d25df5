/**
 * Our seat at one stamp: the socket and how it comes back, the peer token and how it is renewed.
 *
 * | State | Event | Then |
 * |---|---|---|
 * | entering, resuming | admitted | opening, with the address of the answer |
 * | entering, resuming | a transient error, or a proof that came too late | waiting |
 * | entering, resuming | an error that nobody foresaw | told, once until all is well; waiting |
 * | entering, resuming | the same, in what we do with an answer | told; opening |
 * | entering, resuming | any other refusal | the owner is told; refused, for a minute or more |
 * | opening | the socket opens | connected |
 * | opening, connected | the socket fails, or ends | waiting, for a backoff that starts anew after 10 s of connection |
 * | waiting, refused | the wait ends, or `reconnectNow` | resuming: negotiate |
 * | connected | the stamp does not know the socket (socket-check.ts), or our seat | it is ended |
 * | connected | HTTP works, and the socket answers nothing | it is ended |
 * | connected | `sleep`, and the stamp keeps our seat | asleep: the socket ends |
 * | asleep | the token is renewed | asleep, by a negotiate and a `sleep` of its own |
 * | asleep | `wake`, or the seat could not be kept | resuming |
 * | any | `stopReconnecting`, `stop` | ended |
 */
import { HeliographError, isTransient } from "../errors.js";
import { backoff, pause, withTimeout } from "../timing/backoff.js";
import { runInNextTask } from "../timing/task.js";
import type { Api } from "../wire/api.js";
import { Hub } from "../wire/hub.js";
import type { Admission, Envelope, Push } from "../wire/protocol.js";
import { SocketCheck } from "./socket-check.js";

/** Refusals of a message that say that our seat is gone. */
const SEAT_GONE: ReadonlySet<string> = new Set(["not_member", "token_expired"]);
/** A proof of work that came too late: the next one may be in time. Or `join` was aborted. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(["proof_required", "bad_proof", "aborted"]);
const STEADY_MS = 10_000; // a socket that lived so long has worked
const MAX_TOKEN_LIFE_MS = 3_600_000; // docs/protocol.md §2
const MIN_TOKEN_LIFE_MS = 300_000; // that of a room at its end; it counts five minutes longer (§1)
const SILENT_MS = 1_000; // a message without an answer of the socket goes by HTTP too
const DOUBTED_MS = 400; // so long a socket may take to answer when there is a reason to doubt it
const REFUSED_MS = 60_000; // what was decided there does not change in a moment

/** See the table above. */
export type StampState =
  | "entering"
  | "opening"
  | "connected"
  | "waiting"
  | "asleep"
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
  /** `batch`: all that came together with it. */
  pushed(push: Push, batch?: readonly Push[]): void;
  /** `state` is another. */
  changed(): void;
  /** An error that this package did not foresee. */
  failed(error: HeliographError): void;
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
  readonly #check = new SocketCheck({
    ask: () => this.refresh(),
    unknown: () => this.negotiateAgain(),
  });
  #hub: Hub | null = null;
  #wake = new AbortController();
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #awaySince = performance.now();
  #sleep: AbortController | null = null; // aborted when we wake
  #isDoubted = false;
  #hasTold = false; // of an error that nobody foresaw
  #isReplaced = false; // the socket works, and we end it to open another one
  #replacedAt = Number.NEGATIVE_INFINITY;
  #isComing = false; // until the first try to open a socket that was not lost has failed

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

  /** The socket is open; or it was not needed, or another takes its place, and that is under way. */
  get ready(): boolean {
    return this.state === "connected" || this.state === "asleep" || this.#isComing;
  }

  /** ms since the socket was last open, or since we began; 0 while it is open, or need not be. */
  get awayMs(): number {
    const isThere = this.state === "connected" || this.state === "asleep";
    return isThere ? 0 : performance.now() - this.#awaySince;
  }

  /**
   * By the socket if it is open, else by HTTP; also by HTTP if the socket breaks meanwhile, or says
   * nothing for a second: the receiver drops repeats by their seq. Rejects with a `HeliographError`.
   */
  async post(envelope: Envelope): Promise<void> {
    try {
      await this.#post(envelope);
    } catch (error) {
      if (error instanceof HeliographError && SEAT_GONE.has(error.code)) this.negotiateAgain();
      throw error;
    }
  }

  /** The peer token. Throws `backend_away` if the stamp has not admitted us yet. */
  requireToken(): string {
    if (this.token !== null) return this.token;
    throw new HeliographError("backend_away", "It has not admitted us yet.");
  }

  /** The servers no longer know us: end the socket, and negotiate again. */
  negotiateAgain(): void {
    const now = performance.now();
    // What had to be replaced again and again would look as if all were well.
    if (this.state === "connected" && now - this.#replacedAt > STEADY_MS) {
      this.#isReplaced = true;
      this.#replacedAt = now;
    }
    void this.#hub?.stop();
  }

  /**
   * Our network may be another one, and a socket that looks open may have no other end any more. One
   * that does not answer in `ms` is replaced. `answered`: resolves if it does. It never rejects.
   */
  async checkSocket(ms = SILENT_MS, ...answered: Promise<true>[]): Promise<void> {
    const hub = this.#hub;
    if (!hub?.open) this.reconnectNow();
    else if (!(await Promise.race([hub.isAlive(ms), ...answered])) && hub === this.#hub) {
      this.negotiateAgain();
    }
  }

  /** Our network may be another one. Until the socket has answered, messages go by HTTP too at once. */
  async doubt(): Promise<void> {
    if (this.#isDoubted) return;
    this.#isDoubted = true;
    try {
      await this.checkSocket(DOUBTED_MS);
    } finally {
      this.#isDoubted = false;
    }
  }

  /** The stamp has heard of the socket that was opened with this answer. */
  socketKnown(admittedAt: number): void {
    this.#check.told(admittedAt);
  }

  /**
   * Negotiates again; the socket stays as it is. True if we were admitted, and without a socket: then
   * negotiate comes by itself.
   */
  async refresh(): Promise<boolean> {
    if (this.state !== "connected") return true;
    return (await this.#admission(() => this.#negotiate())) !== null;
  }

  /** Asks what the socket would have brought that is not open yet. It never rejects. */
  async poll(): Promise<void> {
    const pushes = await this.api.poll(this.requireToken()).catch(() => []);
    if (this.open || this.#end.signal.aborted) return; // it has brought the same
    for (const push of pushes) this.#ports.pushed(push, pushes);
  }

  /** The socket is not needed. It ends if the stamp keeps our seat without it; it never rejects. */
  async sleep(): Promise<void> {
    if (this.state !== "connected" || this.#sleep) return;
    const sleep = new AbortController();
    this.#sleep = sleep;
    const isKept = await this.#keepSeat();
    if (isKept && !sleep.signal.aborted) void this.#hub?.stop();
    else if (isKept)
      void this.refresh(); // we are awake again: the stamp has to know
    else if (this.#sleep === sleep) this.#sleep = null;
  }

  /** The socket is needed again. */
  wake(): void {
    this.#sleep?.abort();
    this.#sleep = null;
  }

  /** The network is back: do not wait any longer. */
  reconnectNow(): void {
    this.#wake.abort();
  }

  /** We are about to give up the seat: when the socket ends now, do not open it again. */
  stopReconnecting(): void {
    this.#end.abort();
    this.#wake.abort();
    this.wake();
    clearTimeout(this.#renewal);
  }

  /** Ends the socket for good. Resolves when it is closed. */
  async stop(): Promise<void> {
    this.stopReconnecting();
    await this.#hub?.stop();
  }

  async #post(envelope: Envelope): Promise<void> {
    const bySocket = this.#bySocket(envelope);
    // An offer that is parked twice could be given away a second time.
    const isParked = envelope.kind === "offer" && envelope.to === undefined;
    const patience = this.#isDoubted ? 0 : SILENT_MS;
    const soon = await (isParked ? bySocket : withTimeout(patience, bySocket));
    if (soon === true) return;
    const byHttp = this.api.signal(envelope, this.requireToken());
    if (soon === false) return byHttp;
    // Both are under way, and the first that takes it is enough.
    const asked = performance.now();
    const late = bySocket.then((taken) => taken || Promise.reject(new Error("it broke")));
    await Promise.any([byHttp, late]).catch(() => byHttp);
    if (patience === 0) return; // the socket is being checked
    // A backend that is slow is no reason to come again with a new socket.
    const answered = Promise.allSettled([bySocket]).then(() => true as const);
    void this.checkSocket(SILENT_MS + 2 * (performance.now() - asked), answered);
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
      const livedMs = admission ? await this.#connect(admission) : 0;
      if (this.#end.signal.aborted) break;
      if (livedMs > STEADY_MS || this.#isReplaced) attempt = 0;
      this.#isComing = this.#isReplaced;
      this.#isReplaced = false;
      if (this.#sleep) attempt = await this.#asleep(this.#sleep.signal);
      else await this.#waitForNextTry(attempt);
      if (this.#end.signal.aborted) break;
      this.#become("resuming");
      admission = await this.#admission(() => this.#negotiate());
    }
    this.#become("ended");
  }

  async #waitForNextTry(attempt: number): Promise<void> {
    if (this.state !== "refused") this.#become("waiting");
    await this.#wait(this.refusal ? REFUSED_MS * (1 + Math.random()) : backoff(attempt));
  }

  /** Until we wake. Answers the number of the try to come: the first. */
  async #asleep(woken: AbortSignal): Promise<number> {
    this.#become("asleep");
    if (!woken.aborted) {
      await new Promise((resolve) => woken.addEventListener("abort", resolve, { once: true }));
    }
    this.#awaySince = performance.now();
    this.#isComing = true;
    return 0;
  }

  /** Asks the stamp to keep our seat without a socket. */
  async #keepSeat(): Promise<boolean> {
    try {
      await this.api.sleep(this.requireToken());
      return true;
    } catch {
      return false;
    }
  }

  /** From open to closed: how many ms the socket lived, 0 if it did not open. */
  async #connect(admission: Admission): Promise<number> {
    this.#become("opening");
    const hub = new Hub(admission, (push) => this.#ports.pushed(push));
    this.#hub = hub;
    if (!(await hub.start(() => this.#admission(() => this.#negotiate())))) return 0;
    const opened = performance.now();
    this.#check.opened(hub.access.admittedAt);
    this.#become("connected");
    await hub.ended;
    this.#check.closed();
    this.#awaySince = performance.now();
    return performance.now() - opened;
  }

  #negotiate(): Promise<Admission> {
    return this.#ports.negotiate(this.#end.signal);
  }

  /** Null if it was refused, or the seat is being given up. */
  async #admission(ask: () => Promise<Admission>): Promise<Admission | null> {
    const first = this.state === "entering";
    const askedAt = performance.now();
    let admission: Admission | null = null;
    try {
      admission = await ask();
      this.token = admission.token;
      this.refusal = null;
      this.#renewLater(admission.ttl);
      this.#ports.admitted(admission);
      this.#hasTold = false;
      this.#check.answered(askedAt, admission.socketAdmittedAt);
      return this.#end.signal.aborted ? null : admission;
    } catch (error) {
      if (this.#end.signal.aborted) return null;
      if (!(error instanceof HeliographError)) {
        this.#unforeseen(error);
        return admission;
      }
      const { code, retryAfter = 0 } = error;
      if (isTransient(error) || SAYS_NOTHING.has(code)) await this.#wait(retryAfter * 1_000);
      else this.#refused(error, first);
      return null;
    }
  }

  #unforeseen(error: unknown): void {
    if (!this.#hasTold) this.#ports.failed(new HeliographError("unexpected", `${error}`));
    this.#hasTold = true;
  }

  #refused(error: HeliographError, first: boolean): void {
    this.refusal = error;
    if (this.state !== "connected") this.#become("refused");
    this.#ports.refused(error, first);
  }

  /** Renews the token at 75–85 % of its life, `ttl` seconds; the socket stays as it is. */
  #renewLater(ttl: number): void {
    const lifeMs = Math.min(MAX_TOKEN_LIFE_MS, Math.max(MIN_TOKEN_LIFE_MS, ttl * 1_000));
    clearTimeout(this.#renewal);
    if (this.#end.signal.aborted) return;
    this.#renewal = setTimeout(() => void this.#renew(), lifeMs * (0.75 + Math.random() / 10));
  }

  /** If it fails, it is tried again within minutes; a seat that is gone is found when we come back. */
  async #renew(): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#renewLater(0);
    if (this.state === "asleep") await this.#renewAsleep();
    else await this.refresh();
  }

  /** A negotiate ends the sleep at the stamp, so it is asked again to keep the seat. */
  async #renewAsleep(): Promise<void> {
    const admitted = await this.#admission(() => this.#negotiate());
    if (this.state === "asleep" && !(admitted && (await this.#keepSeat()))) this.wake();
  }

  async #wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#end.signal.aborted) return;
    this.#wake = new AbortController();
    await pause(ms, this.#wake.signal);
  }

  #become(state: StampState): void {
    if (this.state === state) return;
    this.#isComing &&= state !== "refused" && state !== "ended";
    this.state = state;
    this.#ports.changed();
  }
}
