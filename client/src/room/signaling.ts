/**
 * Our seat in the room: the socket and how it comes back, the peer token and how it is renewed.
 * The identity stays the same from join to leave.
 *
 * | State | Event | Then |
 * |---|---|---|
 * | opening | the socket opens | connected |
 * | opening, connected | the socket fails, or ends | waiting, for a backoff that starts anew after 10 s of connection |
 * | waiting | the backoff ends, or `reconnectNow` | resuming: negotiate with the peer token |
 * | resuming | admitted | opening, with the new address |
 * | resuming | a transient error, or a proof that came too late | waiting |
 * | resuming | any other refusal | the owner is told, and calls `stop` |
 * | any | `stopReconnecting`, `stop` | ended |
 */
import { HeliographError, isTransient } from "../errors.js";
import { backoff, pause } from "../timing/backoff.js";
import type { RoomState } from "../types.js";
import type { Api, JoinRequest } from "../wire/api.js";
import { Hub } from "../wire/hub.js";
import { sequence } from "../wire/ids.js";
import type { Admission, Envelope, Push } from "../wire/protocol.js";
import type { SignalingChannel } from "../wire/signaling-channel.js";

/** Refusals of a message that say that our seat is gone. */
const SEAT_GONE: ReadonlySet<string> = new Set(["not_member", "token_expired"]);
/** A proof of work that came too late: the next one may be in time. */
const PROOF_REFUSED: ReadonlySet<string> = new Set(["proof_required", "bad_proof"]);
const STEADY_MS = 10_000; // a socket that lived so long has worked
const MAX_TOKEN_LIFE_MS = 3_600_000; // docs/protocol.md §2
const MIN_TOKEN_LIFE_MS = 300_000; // our clock may be ahead of the server's

/** Where our seat is, and what it is asked for with. */
export interface Seat {
  api: Api;
  request: JoinRequest;
  hostToken?: string | undefined;
}

/** What signaling tells the room. */
export interface SignalingPorts {
  /** The servers say something. */
  pushed(push: Push): void;
  /** We were admitted again: the members and the ICE servers of now. */
  admitted(admission: Admission): void;
  /** The socket has opened (`connected`), or is being opened again (`reconnecting`). */
  state(state: RoomState): void;
  /** An envelope was refused. */
  failed(error: HeliographError): void;
  /** The seat cannot be had back. */
  refused(error: HeliographError): void;
}

/** Our seat: one socket, one token, one sequence of messages. */
export class Signaling implements SignalingChannel {
  /** The current peer token. */
  token: string;
  readonly nextSeq = sequence();
  readonly #seat: Seat;
  readonly #api: Api;
  readonly #ports: SignalingPorts;
  readonly #end = new AbortController();
  #hub: Hub | null = null;
  #wake = new AbortController();
  #renewal: ReturnType<typeof setTimeout> | undefined;

  /** Opens the socket at once, and keeps it open until `stop`. */
  constructor(seat: Seat, admission: Admission, ports: SignalingPorts) {
    this.#seat = seat;
    this.#api = seat.api;
    this.#ports = ports;
    this.token = admission.token;
    this.#renewLater(admission.expiresAt);
    void this.#run(admission);
  }

  send(envelope: Envelope): void {
    this.post(envelope).catch((error: unknown) => {
      if (error instanceof HeliographError) this.#ports.failed(error);
    });
  }

  /**
   * By the socket if it is open, else by HTTP; also by HTTP if the socket breaks meanwhile: the
   * receiver drops repeats by their seq.
   */
  async post(envelope: Envelope): Promise<void> {
    try {
      if (await this.#bySocket(envelope)) return;
      await this.#api.signal(envelope, this.token);
    } catch (error) {
      if (error instanceof HeliographError && SEAT_GONE.has(error.code)) this.negotiateAgain();
      throw error;
    }
  }

  /** The servers no longer know us: end the socket, and negotiate again. */
  negotiateAgain(): void {
    void this.#hub?.stop();
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

  async #run(first: Admission): Promise<void> {
    let admission: Admission | null = first;
    for (let attempt = 0; !this.#end.signal.aborted; attempt += 1) {
      if (admission && (await this.#connect(admission)) > STEADY_MS) attempt = 0;
      if (this.#end.signal.aborted) return;
      this.#ports.state("reconnecting");
      await this.#wait(backoff(attempt));
      if (this.#end.signal.aborted) return;
      admission = await this.#resume();
    }
  }

  /** From open to closed: how many ms the socket lived, 0 if it did not open. */
  async #connect({ url, accessToken }: Admission): Promise<number> {
    const hub = new Hub(url, accessToken, (push) => this.#ports.pushed(push));
    this.#hub = hub;
    if (!(await hub.start())) return 0;
    const opened = Date.now();
    this.#ports.state("connected");
    await hub.ended;
    return Date.now() - opened;
  }

  /** Negotiates as the same peer. Null if that was refused; the owner knows if it is for good. */
  async #resume(): Promise<Admission | null> {
    try {
      const { request, hostToken } = this.#seat;
      const admission = await this.#api.negotiate(request, hostToken, this.#end.signal);
      if (this.#end.signal.aborted) return null;
      this.token = admission.token;
      this.#renewLater(admission.expiresAt);
      this.#ports.admitted(admission);
      return admission;
    } catch (error) {
      if (this.#end.signal.aborted || !(error instanceof HeliographError)) return null;
      const { code, retryAfter = 0 } = error;
      if (!isTransient(error) && !PROOF_REFUSED.has(code)) this.#ports.refused(error);
      else await this.#wait(retryAfter * 1_000);
      return null;
    }
  }

  /** Renews the token at 75–85 % of its life; the socket stays as it is. */
  #renewLater(expiresAt: number): void {
    const left = expiresAt - Date.now();
    const lifeMs = Math.min(MAX_TOKEN_LIFE_MS, Math.max(MIN_TOKEN_LIFE_MS, left));
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => void this.#renew(), lifeMs * (0.75 + Math.random() / 10));
  }

  /** If it fails, it is tried again within minutes; a token that has expired ends at `#resume`. */
  async #renew(): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#renewLater(0);
    if (this.#hub?.open) await this.#resume();
  }

  async #wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#end.signal.aborted) return;
    this.#wake = new AbortController();
    await pause(ms, this.#wake.signal);
  }
}
