/** Two members with real connections, and the files that go between them. */
import type { IncomingFile } from "../../src/files/incoming-file.js";
import type { FileTransfer } from "../../src/files/transfer.js";
import { type FilePeer, Transfers } from "../../src/files/transfers.js";
import type { FileTarget, TransferState } from "../../src/types.js";
import { bothUp, Pair, type Side, until } from "./pair.js";

/** One of the two, as the room would be. */
export class FileSide {
  readonly side: Side;
  transfers: Transfers;
  readonly offered: IncomingFile[] = [];
  /** The states of each transfer, in order, by its id. */
  readonly states = new Map<string, TransferState[]>();
  /** Accepts what comes with this; null leaves it. */
  target: ((file: IncomingFile) => FileTarget | undefined) | null = () => undefined;

  constructor(side: Side) {
    this.side = side;
    this.transfers = this.#made();
    side.file = (data) => this.transfers.received(this.#peer, data);
    side.filesChanged = () => this.transfers.opened(this.#peer);
  }

  /** Its page is loaded again: what it knew is gone, but for what is on its disk. */
  reload(): void {
    this.transfers = this.#made();
    this.offered.length = 0;
  }

  get #peer(): FilePeer {
    return this.side.peer;
  }

  #made(): Transfers {
    const made: Transfers = new Transfers({
      peers: () => new Map([[this.#peer.id, this.#peer]]),
      offered: (file) => {
        if (made !== this.transfers) return;
        this.offered.push(file);
        if (this.target) file.accept(this.target(file)).catch(() => {});
      },
      relayBytes: () => null,
      changed: (transfer) => this.#changed(transfer),
    });
    return made;
  }

  #changed({ id, state }: FileTransfer): void {
    const states = this.states.get(id) ?? [];
    this.states.set(id, states);
    if (states.at(-1) !== state) states.push(state);
  }
}

export class FilePair {
  readonly pair = new Pair({ starts: ["offer", "wait"] });
  readonly ann = new FileSide(this.pair.impolite);
  readonly bob = new FileSide(this.pair.polite);

  static async up(): Promise<FilePair> {
    const made = new FilePair();
    await bothUp(made.pair);
    await until(() => made.pair.sides.every(({ peer }) => peer.files !== null));
    return made;
  }

  /** The connection dies, and the two make another one. */
  async breakOff(): Promise<void> {
    const before = this.pair.impolite.peer.files;
    for (const { peer } of this.pair.sides) peer.connection.close();
    await until(() => {
      const { files } = this.pair.impolite.peer;
      return files !== null && files !== before && this.pair.polite.peer.files !== null;
    }, 20_000);
  }

  close(): void {
    this.ann.transfers.close();
    this.bob.transfers.close();
    this.pair.close();
  }
}

/** Bytes that are all different from place to place, and the same in each run. */
export function bytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let n = 0; n < words.length; n += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[n] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

export async function digest(blob: Blob | null): Promise<string> {
  const all = await (blob ?? new Blob()).arrayBuffer();
  const hash = await crypto.subtle.digest("SHA-256", all);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
