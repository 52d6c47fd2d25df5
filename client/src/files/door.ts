/** Loads what transfers files when the first one comes or goes. Few rooms need it, so it is not there before. */
import { Lazy } from "../timing/lazy.js";
import type { LeftReason, Sendable, SendFileOptions, Transfer } from "../types.js";
import type { FilePeer, Transfers, TransfersPorts } from "./transfers.js";

/** Of messages that come while it loads: offers, because a sender says no more until it is answered. */
const MAX_WAITING = 64; // of 256 KiB at most

export class FilesDoor {
  readonly #transfers: Lazy<Transfers>;
  #waiting: { readonly peer: FilePeer; readonly text: string }[] = [];
  #closed = false;

  constructor(ports: TransfersPorts) {
    this.#transfers = new Lazy(async () => {
      const loading = import("./transfers.js");
      loading.catch(() => this.#waiting.splice(0));
      return this.#loaded(new (await loading).Transfers(ports));
    });
  }

  async send(what: Sendable | readonly Sendable[], options: SendFileOptions): Promise<Transfer[]> {
    return (await this.#transfers.get()).send(what, options);
  }

  /** The channel of this peer has opened, or closed. */
  opened(peer: FilePeer): void {
    this.#transfers.value?.opened(peer);
  }

  received(peer: FilePeer, data: unknown): void {
    const { value } = this.#transfers;
    if (value) {
      value.received(peer, data);
    } else if (typeof data === "string") {
      this.#keep(peer, data);
      this.#transfers.use(() => {}); // else the sender offers it anew by the next channel
    }
  }

  gone(peer: string, reason: LeftReason): void {
    this.#transfers.value?.gone(peer, reason);
  }

  close(): void {
    this.#closed = true;
    this.#transfers.value?.close();
  }

  #keep(peer: FilePeer, text: string): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ peer, text });
  }

  #loaded(transfers: Transfers): Transfers {
    for (const { peer, text } of this.#waiting.splice(0)) transfers.received(peer, text);
    if (this.#closed) transfers.close();
    return transfers;
  }
}
