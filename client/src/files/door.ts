/** Loads what transfers files when the first one comes or goes. Few rooms need it, so it is not there before. */
import { lazily } from "../timing/lazily.js";
import type { LeftReason, Sendable, SendFileOptions, Transfer } from "../types.js";
import type { FilePeer, Transfers, TransfersPorts } from "./transfers.js";

/** Of messages that come while it loads: offers, because a sender says no more until it is answered. */
const MAX_WAITING = 64; // of 256 KiB at most

export class FilesDoor {
  readonly #ports: TransfersPorts;
  #transfers: Transfers | null = null;
  #waiting: { readonly peer: FilePeer; readonly text: string }[] = [];
  #closed = false;

  readonly #load = lazily(async () => {
    const loaded = await import("./transfers.js");
    return this.#loaded(new loaded.Transfers(this.#ports));
  });

  constructor(ports: TransfersPorts) {
    this.#ports = ports;
  }

  async send(what: Sendable | readonly Sendable[], options: SendFileOptions): Promise<Transfer[]> {
    return (await this.#load()).send(what, options);
  }

  /** The channel of this peer has opened, or closed. */
  opened(peer: FilePeer): void {
    this.#transfers?.opened(peer);
  }

  received(peer: FilePeer, data: unknown): void {
    if (this.#transfers) {
      this.#transfers.received(peer, data);
    } else if (typeof data === "string") {
      this.#keep(peer, data);
      this.#load().catch(() => {
        this.#waiting = []; // the senders offer it anew by the next channel
      });
    }
  }

  gone(peer: string, reason: LeftReason): void {
    this.#transfers?.gone(peer, reason);
  }

  close(): void {
    this.#closed = true;
    this.#transfers?.close();
  }

  #keep(peer: FilePeer, text: string): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ peer, text });
  }

  #loaded(transfers: Transfers): Transfers {
    this.#transfers = transfers;
    for (const { peer, text } of this.#waiting.splice(0)) transfers.received(peer, text);
    if (this.#closed) transfers.close();
    return transfers;
  }
}
