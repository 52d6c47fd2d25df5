/**
 * Our place in the room: the socket, and how it comes back; the peer token, and how it is renewed.
 * The identity stays the same from join to leave.
 */

import { HeliographError, isTransient } from "../errors.js";
import { backoff, pause } from "../timing/backoff.js";
import type { RoomState } from "../types.js";
import type { Api } from "../wire/api.js";
import { Hub } from "../wire/hub.js";
import type { Admission, Envelope, Push } from "../wire/protocol.js";
import type { SignalingChannel } from "../wire/signaling-channel.js";

const SEATLESS = new Set(["not_member", "token_expired"]);
const UNPROVEN = new Set(["proof_required", "bad_proof"]);
const STEADY = 10_000; // ms after which a socket counts as having worked
const LONGEST = 3_600_000; // ms a peer token lives (docs/protocol.md §2)
const SHORTEST = 300_000; // ms: should our clock be wrong, no hurry

export interface SignalingPorts {
  nextSeq(): number;
  pushed(push: Push): void;
  admitted(admission: Admission): void;
  state(state: RoomState): void;
  /** An envelope was refused. */
  failed(error: HeliographError): void;
  /** The seat cannot be had back. */
  refused(error: HeliographError): void;
}

export class Signaling implements SignalingChannel {
  token: string;
  readonly #api: Api;
  readonly #ports: SignalingPorts;
  readonly #end = new AbortController();
  #hub: Hub | null = null;
  #wake = new AbortController();
  #renewal: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api, admission: Admission, ports: SignalingPorts) {
    this.#api = api;
    this.#ports = ports;
    this.token = admission.token;
    this.#renewLater(admission.expiresAt);
    void this.#run(admission);
  }

  nextSeq(): number {
    return this.#ports.nextSeq();
  }

  send(envelope: Envelope): void {
    this.post(envelope).catch((error: unknown) => {
      if (error instanceof HeliographError) this.#ports.failed(error);
    });
  }

  /** Hands an envelope to the service: by the socket if it is open, else by HTTP. */
  async post(envelope: Envelope): Promise<void> {
    try {
      if (await this.#bySocket(envelope)) return;
      await this.#api.signal(envelope, this.token);
    } catch (error) {
      if (error instanceof HeliographError && SEATLESS.has(error.code)) this.reseat();
      throw error;
    }
  }

  /** The service no longer knows us: take the seat anew. */
  reseat(): void {
    void this.#hub?.stop();
  }

  /** The network is back: wait no longer. */
  hurry(): void {
    this.#wake.abort();
  }

  /** The seat is being given up: whatever ends now is not taken anew. */
  retire(): void {
    this.#end.abort();
    this.#wake.abort();
    clearTimeout(this.#renewal);
  }

  async stop(): Promise<void> {
    this.retire();
    await this.#hub?.stop();
  }

  /** False if the socket is not open, or breaks meanwhile. */
  async #bySocket(envelope: Envelope): Promise<boolean> {
    if (!this.#hub?.open) return false;
    // Offers go by `signal` also without `to`: that parks them.
    const method = envelope.to || envelope.kind === "offer" ? "signal" : "broadcast";
    return this.#hub.invoke(method, envelope);
  }

  async #run(first: Admission): Promise<void> {
    let admission: Admission | null = first;
    for (let attempt = 0; !this.#end.signal.aborted; attempt += 1) {
      if (admission && (await this.#live(admission)) > STEADY) attempt = 0;
      if (this.#end.signal.aborted) return;
      this.#ports.state("reconnecting");
      await this.#wait(backoff(attempt));
      if (this.#end.signal.aborted) return;
      admission = await this.#resume();
    }
  }

  /** One socket's life, in ms; 0 if it did not open. */
  async #live({ url, accessToken }: Admission): Promise<number> {
    const hub = new Hub(url, accessToken, (push) => this.#ports.pushed(push));
    this.#hub = hub;
    if (!(await hub.start())) return 0;
    const opened = Date.now();
    this.#ports.state("connected");
    await hub.ended;
    return Date.now() - opened;
  }

  async #resume(): Promise<Admission | null> {
    try {
      const admission = await this.#api.negotiate({}, this.token, this.#end.signal);
      this.#take(admission);
      return admission;
    } catch (error) {
      if (this.#end.signal.aborted || !(error instanceof HeliographError)) return null;
      const { code, retryAfter = 0 } = error;
      // A proof may come too late, and be good the next time.
      if (!isTransient(error) && !UNPROVEN.has(code)) this.#ports.refused(error);
      else await this.#wait(retryAfter * 1_000);
      return null;
    }
  }

  #take(admission: Admission): void {
    this.token = admission.token;
    this.#renewLater(admission.expiresAt);
    this.#ports.admitted(admission);
  }

  /** At about 80 % of the token's life; the socket stays as it is. */
  #renewLater(expiresAt: number): void {
    const life = Math.min(LONGEST, Math.max(SHORTEST, expiresAt - Date.now()));
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => void this.#renew(), life * (0.75 + Math.random() / 10));
  }

  /** Failing that it is tried again sooner; a token that expires ends with the next resume. */
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
