import type { Envelope, Negotiation } from "../wire/protocol.js";
import { resend } from "./resend.js";

export interface Sent {
  readonly envelope: Envelope;
  /** It had its effect, or is void. */
  stop(): void;
}

/** Gives messages their seq, sends them, and sends them again until stopped. */
export class Outbox {
  readonly #pass: (envelope: Envelope) => void;
  readonly #nextSeq: () => number;
  readonly #batches = new Set<Sent>();

  constructor(nextSeq: () => number, pass: (envelope: Envelope) => void) {
    this.#nextSeq = nextSeq;
    this.#pass = pass;
  }

  send(message: Negotiation, again: boolean): Sent {
    const envelope: Envelope = { v: 1, seq: this.#nextSeq(), ...message };
    this.#pass(envelope);
    const stop = again ? resend(() => this.#pass(envelope)) : () => {};
    const sent = { envelope, stop };
    if (message.kind === "candidates") this.#batches.add(sent);
    return sent;
  }

  repeat(sent: Sent | null): void {
    if (sent) this.#pass(sent.envelope);
  }

  repeatBatches(): void {
    for (const sent of this.#batches) this.repeat(sent);
  }

  settleBatches(): void {
    for (const sent of this.#batches) sent.stop();
    this.#batches.clear();
  }
}
