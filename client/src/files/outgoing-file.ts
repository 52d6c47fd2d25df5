/**
 * A file that we send.
 *
 * Blocks go out as long as no more than WINDOW_BYTES of them are not yet kept by the other side: it is
 * what both sides hold in memory at most. After a break it goes on with what the receiver has.
 */
import { HeliographError } from "../errors.js";
import { Hashes, hashOf } from "./hashes.js";
import type { Lane } from "./lane.js";
import { BLOCK_BYTES, type FileMessage, type FileOffer, WINDOW_BYTES } from "./messages.js";
import type { Source } from "./source.js";
import { FileTransfer, type TransferPorts } from "./transfer.js";

const MAX_REPEATS = 3; // of a block that arrives as another one

interface Block {
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly hash: string;
}

export class OutgoingFile extends FileTransfer {
  readonly direction = "up";
  readonly #source: Source;
  readonly #hashes = new Hashes();
  /** Where the next block begins; null until the receiver has said where. */
  #next: number | null = null;
  #kept = 0; // by the receiver
  #isAll = false; // `end` was said
  #prepared: { readonly at: number; readonly block: Promise<Block> } | null = null;
  #repeats = 0;

  constructor(peerId: string, offer: FileOffer, source: Source, ports: TransferPorts) {
    super(peerId, offer, ports);
    this.#source = source;
  }

  /** A block can go now. */
  get ready(): boolean {
    if (!this.active || this.isHeld || this.#next === null || this.#isAll) return false;
    return this.#next - this.#kept < WINDOW_BYTES;
  }

  /** There is a new channel. */
  offerAnew(): void {
    this.#next = null;
    this.ports.say(this.offer);
    if (this.isHeld) this.sayHold();
    this.reconnected();
  }

  async accept(): Promise<void> {
    throw new HeliographError("closed", "The other side accepts what we send.");
  }

  decline(): void {
    this.cancel();
  }

  receive(message: FileMessage): void {
    if (this.ended) return;
    switch (message.t) {
      case "accept":
        this.step("accepted");
        void this.#start(message.at, message.root);
        break;
      case "decline":
        this.stopped("declined", new HeliographError("declined", "The file is not wanted."));
        break;
      case "have":
        this.#has(message.at);
        break;
      case "again":
        this.#repeat(message.at);
        break;
      case "done":
        if (this.#isAll) this.#isDone();
        break;
      default:
        this.heard(message);
    }
  }

  /** Sends the next block, or says that there is none. */
  async send(lane: Lane): Promise<void> {
    const at = this.#next;
    if (at === null) return;
    try {
      const block = await this.#take(at);
      if (this.#next !== at || !this.ready || !lane.open) return;
      if (block.bytes.byteLength > 0) await this.#sendBlock(block, lane);
      else await this.#sayEnd(at, lane);
    } catch {
      this.fail(new HeliographError("file_unreadable", "The file cannot be read any more."));
    }
  }

  protected released(): void {
    this.#prepared = null;
    this.#source.close();
  }

  async #start(at: number, root: string): Promise<void> {
    const ours = await this.#hashes.root(at);
    if (this.ended) return;
    // What it has is of another file, or from before a reload of ours: all of it goes again.
    this.#rewind(ours === root ? at : 0);
  }

  #rewind(at: number): void {
    this.#next = at;
    this.#kept = at;
    this.#isAll = false;
    this.#prepared = null;
    this.ports.say({ t: "start", id: this.id, at });
    this.moved(at);
    this.ports.wake();
  }

  #repeat(at: number): void {
    this.#repeats += 1;
    if (this.#repeats <= MAX_REPEATS && at % BLOCK_BYTES === 0 && at <= this.#kept) {
      this.#rewind(at);
    } else {
      this.fail(new HeliographError("file_corrupt", "What arrives is not what was sent."));
    }
  }

  #has(at: number): void {
    if (this.#next === null || at < this.#kept || at > this.#next) return;
    this.#kept = at;
    this.#repeats = 0;
    this.#source.release(at);
    this.moved(at);
    this.ports.wake();
  }

  #isDone(): void {
    this.bytes = this.#kept = this.#next ?? this.bytes;
    this.finished(null);
  }

  /** Reads ahead, so that the channel need not wait for the disk and the hash. */
  async #take(at: number): Promise<Block> {
    const prepared = this.#prepared?.at === at ? this.#prepared : this.#prepare(at);
    const block = await prepared.block;
    if (block.bytes.byteLength === BLOCK_BYTES) this.#prepared = this.#prepare(at + BLOCK_BYTES);
    return block;
  }

  #prepare(at: number): { readonly at: number; readonly block: Promise<Block> } {
    const block = this.#source.read(at).then(async (bytes) => {
      return { at, bytes, hash: bytes.byteLength > 0 ? await hashOf(bytes) : "" };
    });
    block.catch(() => {}); // whoever takes it sees it
    return { at, block };
  }

  async #sendBlock({ at, bytes, hash }: Block, lane: Lane): Promise<void> {
    const size = bytes.byteLength;
    if (this.size !== null && at + size > this.size) throw new RangeError("it has grown");
    this.#hashes.set(at, hash);
    this.#next = at + size;
    lane.say({ t: "block", id: this.id, at, size, hash });
    const isSent = await lane.push(bytes);
    if (!isSent && lane.open && this.active) this.#rewind(at); // the browser's buffer was full
  }

  async #sayEnd(at: number, lane: Lane): Promise<void> {
    if (this.size !== null && at !== this.size) throw new RangeError("it has shrunk");
    const root = await this.#hashes.root(at);
    if (this.#next !== at || root === null) return;
    this.#isAll = true;
    lane.say({ t: "end", id: this.id, at, root });
  }
}
