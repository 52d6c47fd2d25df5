/** The files of a room, sent and received, as values that do not change. */
import type {
  HeliographError,
  Room,
  Sendable,
  SendFileOptions,
  Transfer,
  TransferState,
} from "../index.js";
import { toError } from "./failure.js";
import { perRoom } from "./per-room.js";
import { Store } from "./store.js";

/** In the list: a peer can offer and cancel without end. The oldest of those that are over are dropped. */
const MAX_TRANSFERS = 1_000;
const OVER: ReadonlySet<TransferState> = new Set(["done", "failed", "declined", "cancelled"]);

/** A transfer as it was when this was made. */
export interface TransferView {
  /** For React's `key`: unique in the room. */
  readonly id: number;
  /** `up`: we send it. */
  readonly direction: "up" | "down";
  readonly peerId: string;
  readonly name: string;
  /** Bytes; null if nobody knows. */
  readonly size: number | null;
  readonly state: TransferState;
  readonly interrupted: boolean;
  /** That the receiver has checked and kept. */
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
  readonly error: HeliographError | null;
  /** What we have received to memory or to the browser's disk, once it is done. */
  readonly file: Blob | null;
  /** The live object: `accept`, `decline`, `pause`, `resume`, `cancel`. */
  readonly transfer: Transfer;
}

/** At most 1,000 transfers: the oldest of those that are over are dropped. */
export interface TransfersView {
  readonly transfers: readonly TransferView[];
  /** Why the last `sendFile` has offered nothing. */
  readonly error: HeliographError | null;
}

/** What is known of a transfer beside what it says itself. */
interface Kept {
  readonly id: number;
  file: Blob | null;
}

export const NO_TRANSFERS: TransfersView = { transfers: [], error: null };

export class RoomTransfers {
  readonly store: Store<TransfersView>;
  readonly #room: Room;
  readonly #files = new Map<Transfer, Kept>();
  #next = 0;

  constructor(room: Room) {
    this.#room = room;
    this.store = new Store(NO_TRANSFERS, () => this.#listen());
  }

  async sendFile(
    what: Sendable | readonly Sendable[],
    options?: SendFileOptions,
  ): Promise<Transfer[]> {
    this.store.update((view) => ({ ...view, error: null }));
    try {
      const made = await this.#room.sendFile(what, options);
      for (const transfer of made) this.#show(transfer);
      return made;
    } catch (error) {
      this.store.update((view) => ({ ...view, error: toError(error) }));
      throw error;
    }
  }

  /** Takes those that are over out of the list, and lets go of their files. */
  clear(): void {
    for (const transfer of [...this.#files.keys()]) {
      if (OVER.has(transfer.state)) this.#files.delete(transfer);
    }
    this.#showKept();
  }

  #showKept(): void {
    const isKept = ({ transfer }: TransferView) => this.#files.has(transfer);
    this.store.update((view) => ({ ...view, transfers: view.transfers.filter(isKept) }));
  }

  #dropOldest(): void {
    if (this.#files.size <= MAX_TRANSFERS) return;
    for (const transfer of this.#files.keys()) {
      if (!OVER.has(transfer.state)) continue;
      this.#files.delete(transfer);
      this.#showKept();
      return;
    }
  }

  #listen(): void {
    this.#room.on("file", ({ transfer }) => this.#show(transfer));
    this.#room.on("transfer-updated", ({ transfer }) => {
      // Who was cleared comes back with no late event.
      if (this.#files.has(transfer) || !OVER.has(transfer.state)) this.#show(transfer);
    });
  }

  #show(transfer: Transfer): void {
    const known = this.#files.get(transfer);
    const kept = known ?? { id: this.#next++, file: null };
    if (!known) this.#begin(transfer, kept);
    const shown = { ...viewOf(transfer), id: kept.id, file: kept.file };
    this.store.update((view) => ({
      ...view,
      transfers: known
        ? view.transfers.map((one) => (one.id === kept.id ? shown : one))
        : [...view.transfers, shown],
    }));
    if (!known) this.#dropOldest();
  }

  #begin(transfer: Transfer, kept: Kept): void {
    this.#files.set(transfer, kept);
    transfer.done.then(
      (file) => {
        kept.file = file;
        if (this.#files.has(transfer)) this.#show(transfer);
      },
      () => {}, // its state and error say so
    );
  }
}

function viewOf(transfer: Transfer): Omit<TransferView, "id" | "file"> {
  const { direction, peerId, name, size, state, interrupted } = transfer;
  const { bytes, bytesPerSecond, secondsLeft, error } = transfer;
  return {
    ...{ direction, peerId, name, size, state, interrupted },
    ...{ bytes, bytesPerSecond, secondsLeft, error, transfer },
  };
}

export const transfersOf = perRoom((room) => new RoomTransfers(room));
