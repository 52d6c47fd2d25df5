import type { Envelope } from "./protocol.js";

/** How negotiation reaches the servers: the "signaling channel" of RFC 8829 §3.1. */
export interface SignalingChannel {
  /** The seq of our next message: strictly increasing, also across page loads. */
  nextSeq(): number;
  /** Sends without waiting. A refusal becomes the room's event `error`. */
  send(envelope: Envelope): void;
  /** Resolves when the service has taken the envelope. Rejects with a `HeliographError`. */
  post(envelope: Envelope): Promise<unknown>;
  /** Our network may be another one: sockets that look open may have no other end. */
  doubt(): void;
}

/** The same, and what a report needs. */
export interface PeerChannel extends SignalingChannel {
  /** The newest proof that we have met the peer; "" if no stamp gave one. */
  met(peer: string): string;
}
