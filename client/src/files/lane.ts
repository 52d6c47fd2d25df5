/** The way to one peer: its channel for files, with as much under way as the path takes. */
import { drained } from "../timing/drained.js";
import type { FileMessage } from "./messages.js";
import { SendWindow } from "./send-window.js";

/** What may wait in the browser. */
const MAX_BACKLOG_BYTES = 1_048_576;
/** What came is told when it is so much. */
const TELL_BYTES = 16_384;

export class Lane {
  readonly channel: RTCDataChannel;
  readonly #window = new SendWindow();
  /** Bytes of files, through this channel. */
  #sent = 0;
  #seen = 0; // of them by the other page
  #marks: { readonly end: number; readonly ms: number }[] = []; // what is under way
  #received = 0;
  #told = 0;
  #wake: () => void = () => {};

  constructor(channel: RTCDataChannel) {
    this.channel = channel;
    channel.bufferedAmountLowThreshold = MAX_BACKLOG_BYTES / 2;
    channel.addEventListener("close", () => this.#wake(), { once: true });
  }

  get open(): boolean {
    return this.channel.readyState === "open";
  }

  /** Behind what was sent before, and never in line with what waits. */
  say(message: FileMessage): boolean {
    return this.#send(JSON.stringify(message));
  }

  /** In pieces, when there is room for them. False if one of them could not be sent. */
  async push(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    for (let at = 0; at < bytes.byteLength; ) {
      await this.#hasRoom();
      const piece = bytes.subarray(at, at + this.#window.pieceBytes);
      if (!this.#send(piece)) return false;
      at += piece.byteLength;
      this.#sent += piece.byteLength;
      this.#marks.push({ end: this.#sent, ms: performance.now() });
    }
    return true;
  }

  /** The other page has seen so many bytes of this channel. */
  seen(bytes: number): void {
    if (bytes <= this.#seen || bytes > this.#sent) return;
    const count = this.#marks.findIndex(({ end }) => end > bytes);
    const seen = this.#marks.splice(0, count < 0 ? this.#marks.length : count);
    const last = seen.at(-1);
    const ms = last && performance.now() - last.ms;
    if (ms !== undefined)
      this.#window.acknowledged(bytes - this.#seen, ms, this.#sent - this.#seen);
    this.#seen = bytes;
    this.#wake();
  }

  /** Bytes have come: the other page is told. */
  received(bytes: number): void {
    this.#received += bytes;
    if (this.#received - this.#told < TELL_BYTES) return;
    this.#told = this.#received;
    this.say({ t: "seen", bytes: this.#told });
  }

  async #hasRoom(): Promise<void> {
    while (this.open && this.#sent - this.#seen >= this.#window.bytes) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    while (this.open && this.channel.bufferedAmount > MAX_BACKLOG_BYTES)
      await drained(this.channel);
  }

  #send(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (!this.open) return false;
    try {
      this.channel.send(data as string);
      return true;
    } catch {
      return false; // it has closed, or the browser's own buffer is full
    }
  }
}
