/** The way to one peer: its channel for files, with backpressure. */
import { drained } from "../timing/drained.js";
import type { FileMessage } from "./messages.js";

/** What every browser takes in one message, and small enough for texts to get in between. */
export const PIECE_BYTES = 65_536;
/** What may wait in the browser: enough to keep the connection busy. */
const MAX_BACKLOG_BYTES = 1_048_576;

export class Lane {
  readonly channel: RTCDataChannel;

  constructor(channel: RTCDataChannel) {
    this.channel = channel;
    channel.bufferedAmountLowThreshold = MAX_BACKLOG_BYTES / 2;
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
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
      while (this.open && this.channel.bufferedAmount > MAX_BACKLOG_BYTES)
        await drained(this.channel);
      if (!this.#send(bytes.subarray(at, at + PIECE_BYTES))) return false;
    }
    return true;
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
