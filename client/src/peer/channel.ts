/** The data channel `heliograph`: envelopes in band, in order, of bounded size and backlog. */

import { HeliographError } from "../errors.js";
import { withTimeout } from "../timing/backoff.js";
import { drained } from "../timing/drained.js";
import { readEnvelope } from "../wire/parse.js";
import type { Envelope } from "../wire/protocol.js";
import { bytes } from "../wire/shape.js";
import { Pulse } from "./pulse.js";

const MAX_BACKLOG_BYTES = 1_048_576; // that may wait in the browser
/** What every browser takes in one message. */
const MAX_MESSAGE_BYTES = 262_144;

export interface ChannelPorts {
  received(envelope: Envelope): void;
  changed(): void;
  /** Bytes that have come over the connection; null if that cannot be said. */
  bytes(): Promise<number | null>;
}

export class Channel {
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #pulse: Pulse;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0; // messages that wait for their turn

  constructor(connection: RTCPeerConnection, ports: ChannelPorts) {
    this.#connection = connection;
    this.#channel = connection.createDataChannel("heliograph", { negotiated: true, id: 0 });
    this.#channel.bufferedAmountLowThreshold = MAX_BACKLOG_BYTES / 2;
    this.#pulse = new Pulse({
      beat: () => this.#beat(ports),
      bytes: () => ports.bytes(),
      changed: () => ports.changed(),
    });
    this.#channel.onopen = () => {
      this.#pulse.start();
      ports.changed();
    };
    this.#channel.onclose = () => {
      this.#pulse.stop();
      ports.changed();
    };
    this.#channel.onmessage = ({ data }) => {
      this.#pulse.heard(data === "");
      const envelope = typeof data === "string" ? readEnvelope(data, MAX_MESSAGE_BYTES) : null;
      if (envelope) ports.received(envelope);
    };
  }

  get open(): boolean {
    return this.#channel.readyState === "open";
  }

  get closed(): boolean {
    return this.#channel.readyState === "closed" || this.#channel.readyState === "closing";
  }

  /** It is open, and nothing comes any more. */
  get silent(): boolean {
    return this.#pulse.silent;
  }

  /** Silent until something comes. */
  doubt(): void {
    this.#pulse.doubt();
  }

  /** For negotiation: now or not at all, and never in line behind a backlog of data. */
  trySend(envelope: Envelope): boolean {
    const text = JSON.stringify(envelope);
    if (bytes(text) > this.#maxBytes) return false;
    return this.#sendNow(text);
  }

  /** True once the other side has closed it, false after `ms`. */
  isEnded(ms: number): Promise<boolean> {
    if (this.#channel.readyState === "closed") return Promise.resolve(true);
    const ended = new Promise<true>((resolve) => {
      this.#channel.addEventListener("close", () => resolve(true), { once: true });
    });
    return withTimeout(ms, ended).then((known) => known === true);
  }

  /** In order; waits while the backlog is full. False if the channel closes before. Throws `too_large`. */
  send(envelope: Envelope): Promise<boolean> {
    const text = JSON.stringify(envelope);
    if (bytes(text) > this.#maxBytes) {
      throw new HeliographError("too_large", `At most ${this.#maxBytes} bytes go in one message.`);
    }
    if (this.#waiting === 0 && !this.#full) return Promise.resolve(this.#sendNow(text));
    this.#waiting += 1;
    const sent = this.#turn.then(() => this.#sendInTurn(text));
    const sentOrNot = () => {
      this.#waiting -= 1;
    };
    this.#turn = sent.then(sentOrNot, sentOrNot);
    return sent;
  }

  close(): void {
    this.#pulse.stop();
    this.#channel.onopen = null;
    this.#channel.onclose = null;
    this.#channel.onmessage = null;
    this.#channel.close();
  }

  /** An application that closes the connection itself is told by no event (W3C WebRTC §4.4.1.2). */
  #beat(ports: ChannelPorts): void {
    if (this.#sendNow("") || !this.closed) return;
    this.#pulse.stop();
    ports.changed();
  }

  /** What both browsers take in one message (RFC 8841 §6). */
  get #maxBytes(): number {
    return Math.min(MAX_MESSAGE_BYTES, this.#connection.sctp?.maxMessageSize ?? MAX_MESSAGE_BYTES);
  }

  get #full(): boolean {
    return this.#channel.bufferedAmount > MAX_BACKLOG_BYTES;
  }

  async #sendInTurn(text: string): Promise<boolean> {
    while (this.open && this.#full) await drained(this.#channel);
    return this.open && this.#sendNow(text);
  }

  #sendNow(text: string): boolean {
    if (!this.open) return false; // Firefox would take it, and forget it
    try {
      this.#channel.send(text);
      this.#pulse.sent();
      return true;
    } catch {
      return false; // it has closed, or the browser's own buffer is full
    }
  }
}
