/** Where the bytes of a file come from that we send. */
import { BLOCK_BYTES } from "./messages.js";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Source {
  /** The block at this byte; empty at the end. Rejects if it cannot be read, or not any more. */
  read(at: number): Promise<Bytes>;
  /** Nobody asks for what is before this byte any more. */
  release(at: number): void;
  /** Nobody asks any more. */
  close(): void;
}

export function sourceOf(file: Blob | ReadableStream<Uint8Array>): Source {
  return file instanceof Blob ? new BlobSource(file) : new StreamSource(file);
}

class BlobSource implements Source {
  readonly #file: Blob;

  constructor(file: Blob) {
    this.#file = file;
  }

  async read(at: number): Promise<Bytes> {
    return new Uint8Array(await this.#file.slice(at, at + BLOCK_BYTES).arrayBuffer());
  }

  release(): void {}

  close(): void {}
}

/** What was read is kept until it is released: a stream cannot be read again. */
class StreamSource implements Source {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #blocks = new Map<number, Promise<Bytes>>();
  #next = 0;
  #end = Number.POSITIVE_INFINITY; // where the last block ended that was not full
  #rest: Uint8Array = new Uint8Array();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  read(at: number): Promise<Bytes> {
    const known = this.#blocks.get(at);
    if (known) return known;
    if (at === this.#end) return Promise.resolve(new Uint8Array());
    if (at !== this.#next) return Promise.reject(new RangeError("a stream is read once"));
    const block = this.#turn.then(() => this.#block(at));
    this.#turn = block.catch(() => {});
    this.#blocks.set(at, block);
    this.#next = at + BLOCK_BYTES;
    return block;
  }

  release(at: number): void {
    for (const start of this.#blocks.keys()) {
      if (start + BLOCK_BYTES <= at) this.#blocks.delete(start);
    }
  }

  close(): void {
    this.#blocks.clear();
    this.#reader.cancel().catch(() => {});
  }

  async #block(at: number): Promise<Bytes> {
    const block = new Uint8Array(BLOCK_BYTES);
    let filled = 0;
    while (filled < BLOCK_BYTES) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        this.#rest = value;
        continue;
      }
      const part = this.#rest.subarray(0, BLOCK_BYTES - filled);
      block.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    if (filled < BLOCK_BYTES) this.#end = at + filled;
    return block.slice(0, filled);
  }
}
