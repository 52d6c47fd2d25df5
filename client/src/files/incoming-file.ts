/** A file that somebody sends us. A block counts once its hash is right and its target has it. */
import { HeliographError } from "../errors.js";
import type { FileTarget } from "../types.js";
import { Hashes, hashOf } from "./hashes.js";
import { type FileMessage, type FileOffer, WINDOW_BYTES } from "./messages.js";
import { openTarget } from "./open-target.js";
import { type Target, unwritable } from "./target.js";
import { FileTransfer, type TransferPorts } from "./transfer.js";

type BlockMessage = Extract<FileMessage, { t: "block" }>;

/** A block that comes in pieces. */
export interface Arriving {
  /** How many of its bytes are still to come. */
  left: number;
  /** Null where nobody wants them. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  readonly file: IncomingFile | null;
  readonly message: BlockMessage;
}

export class IncomingFile extends FileTransfer {
  readonly direction = "down";
  #target: Target | null = null;
  #hashes = new Hashes();
  /** What is checked and kept. */
  #kept = 0;
  /** Where the next block has to begin; null until the sender has said where it starts. */
  #next: number | null = null;
  /** Checks and writes, in order. */
  #work: Promise<void> = Promise.resolve();

  constructor(peerId: string, offer: FileOffer, ports: TransferPorts) {
    super(peerId, offer, ports);
  }

  async accept(to?: FileTarget): Promise<void> {
    if (this.ended) throw new HeliographError("closed", "The transfer has ended.");
    if (this.#target || this.active) return;
    this.step("accepted");
    try {
      this.#open(await openTarget(this.offer, to));
    } catch (error) {
      this.fail(error instanceof HeliographError ? error : unwritable(error));
      throw this.error;
    }
  }

  decline(): void {
    if (this.ended) return;
    this.ports.say({ t: "decline", id: this.id });
    this.stopped("declined", new HeliographError("declined", "The file is not wanted."));
  }

  /** The sender offers it by a new channel: it goes on from what we have. */
  offeredAnew(): void {
    this.#next = null;
    if (this.#target) this.#then(() => this.#sayAccept());
    this.reconnected();
  }

  receive(message: FileMessage): void {
    if (this.ended) return;
    switch (message.t) {
      case "start":
        if (!this.active) break;
        this.#next = message.at; // its blocks may come before we have looked at what we have
        this.#then(() => this.#start(message.at));
        break;
      case "end":
        this.#then(() => this.#end(message.at, message.root));
        break;
      default:
        this.heard(message);
    }
  }

  /** A block is announced: its bytes follow. */
  arriving(message: BlockMessage): Arriving {
    const { at, size } = message;
    const isWanted = this.active && this.#next === at;
    const isTooMuch = this.size !== null && at + size > this.size;
    const isTooSoon = at - this.#kept >= WINDOW_BYTES; // it would have to wait in memory
    if (isWanted && (isTooMuch || isTooSoon)) this.refuse();
    const takes = isWanted && this.active;
    if (takes) this.#next = at + size;
    return {
      left: size,
      bytes: takes ? new Uint8Array(size) : null,
      file: takes ? this : null,
      message,
    };
  }

  /** All bytes of a block are here. */
  take(bytes: Uint8Array<ArrayBuffer>, { at, hash }: BlockMessage): void {
    this.#then(() => this.#check(bytes, at, hash));
  }

  /** The sender does not do what was agreed. */
  refuse(): void {
    this.fail(new HeliographError("file_corrupt", "What arrives is not what was offered."));
  }

  protected released(): void {
    const target = this.#target;
    this.#target = null;
    if (this.state !== "done") void target?.abort().catch(() => {});
  }

  #open(target: Target): void {
    if (this.ended) return void target.abort().catch(() => {});
    this.#target = target;
    this.#kept = target.kept.at;
    this.#hashes = new Hashes(target.kept.hashes);
    this.bytes = this.#kept;
    this.#then(() => this.#sayAccept());
  }

  async #sayAccept(): Promise<void> {
    const root = await this.#hashes.root(this.#kept);
    if (root === null || this.ended) return;
    this.#next = null;
    this.ports.say({ t: "accept", id: this.id, at: this.#kept, root });
    if (this.isHeld) this.sayHold();
  }

  async #start(at: number): Promise<void> {
    if (at !== this.#kept) {
      if (at !== 0) return this.refuse();
      await this.#target?.restart();
      this.#hashes = new Hashes();
      this.#kept = 0;
    }
    this.moved(at);
  }

  async #check(bytes: Uint8Array<ArrayBuffer>, at: number, hash: string): Promise<void> {
    if (at !== this.#kept || !this.#target) return; // one after a block that was wrong
    if ((await hashOf(bytes)) !== hash) {
      this.#next = null;
      this.ports.say({ t: "again", id: this.id, at });
      return;
    }
    await this.#target?.write(bytes, hash);
    if (this.ended) return;
    this.#hashes.set(at, hash);
    this.#kept = at + bytes.byteLength;
    this.ports.say({ t: "have", id: this.id, at: this.#kept });
    this.moved(this.#kept);
  }

  async #end(at: number, root: string): Promise<void> {
    if (at !== this.#kept || !this.#target) return; // it comes once more
    if (this.size !== null && at !== this.size) return this.refuse();
    if (root !== (await this.#hashes.root(at))) return this.refuse();
    const file = await this.#target.close();
    if (this.ended) return;
    this.ports.say({ t: "done", id: this.id });
    this.finished(file);
  }

  #then(work: () => Promise<void> | void): void {
    this.#work = this.#work.then(async () => {
      if (this.ended) return;
      try {
        await work();
      } catch (error) {
        this.fail(unwritable(error));
      }
    });
  }
}
