/** Opens the target of a file: memory, the browser's disk, or a stream of the application. */
import { HeliographError } from "../errors.js";
import type { FileTarget } from "../types.js";
import { DiskTarget, hasDisk } from "./disk.js";
import type { FileOffer } from "./messages.js";
import { type Target, unwritable } from "./target.js";

/** Above that a file goes to disk by itself. */
export const MEMORY_BYTES = 33_554_432;
/** What memory takes where there is no disk. */
export const MAX_MEMORY_BYTES = 536_870_912;

/** Opens what `accept` was given. Rejects with `file_too_large` or `file_unwritable`. */
export async function openTarget(offer: FileOffer, to: FileTarget | undefined): Promise<Target> {
  try {
    if (typeof to === "object") return new StreamTarget(await streamOf(to));
    const isSmall = offer.size !== null && offer.size <= MEMORY_BYTES;
    if (to !== "memory" && (to === "disk" || !isSmall) && hasDisk())
      return await DiskTarget.open(offer);
  } catch (cause) {
    if (to !== undefined) throw unwritable(cause);
    // A private window may refuse the disk: memory will do for what it holds.
  }
  if ((offer.size ?? 0) > MAX_MEMORY_BYTES) {
    const most = MAX_MEMORY_BYTES / 1_048_576;
    throw new HeliographError("file_too_large", `This browser takes files of at most ${most} MB.`);
  }
  return new MemoryTarget(offer.type);
}

/** Each block is a Blob of its own, so that the browser can put it where it likes. */
class MemoryTarget implements Target {
  readonly kept = { at: 0, hashes: [] };
  readonly #type: string;
  #blocks: Blob[] = [];
  #bytes = 0;

  constructor(type: string) {
    this.#type = type;
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#bytes += bytes.byteLength;
    if (this.#bytes > MAX_MEMORY_BYTES) throw new DOMException("", "QuotaExceededError");
    this.#blocks.push(new Blob([bytes]));
  }

  async restart(): Promise<void> {
    this.#blocks = [];
    this.#bytes = 0;
  }

  async close(): Promise<Blob> {
    return new Blob(this.#blocks, { type: this.#type });
  }

  async abort(): Promise<void> {
    this.#blocks = [];
  }
}

/** Of the application, such as a file that a person has chosen. It cannot be begun anew. */
class StreamTarget implements Target {
  readonly kept = { at: 0, hashes: [] };
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #isEmpty = true;

  constructor(stream: WritableStream<Uint8Array<ArrayBuffer>>) {
    this.#writer = stream.getWriter();
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#isEmpty = false;
    await this.#writer.ready;
    await this.#writer.write(bytes);
  }

  async restart(): Promise<void> {
    if (!this.#isEmpty) throw new DOMException("", "InvalidStateError");
  }

  async close(): Promise<null> {
    await this.#writer.close();
    return null;
  }

  async abort(): Promise<void> {
    await this.#writer.abort();
  }
}

async function streamOf(
  to: Exclude<FileTarget, string>,
): Promise<WritableStream<Uint8Array<ArrayBuffer>>> {
  return "createWritable" in to ? to.createWritable() : to;
}
