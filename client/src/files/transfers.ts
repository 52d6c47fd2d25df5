/** All transfers of a room: sends files, and hands to each peer's what its channel says. */
import { HeliographError } from "../errors.js";
import type { LeftReason, Sendable, SendFileOptions } from "../types.js";
import { createFileId } from "../wire/ids.js";
import { sweepDisk } from "./disk.js";
import type { IncomingFile } from "./incoming-file.js";
import type { FileOffer } from "./messages.js";
import { safePath } from "./names.js";
import type { OutgoingFile } from "./outgoing-file.js";
import { PeerFiles } from "./peer-files.js";
import { sourceOf } from "./source.js";
import type { FileTransfer } from "./transfer.js";

/** A peer, as far as files need it. */
export interface FilePeer {
  readonly id: string;
  readonly path: string;
  /** Its channel for files; null while there is none that is open. */
  readonly files: RTCDataChannel | null;
}

export interface TransfersPorts {
  peers(): ReadonlyMap<string, FilePeer>;
  offered(file: IncomingFile): void;
  changed(transfer: FileTransfer): void;
  relayBytes(): number | null;
}

export class Transfers {
  readonly #ports: TransfersPorts;
  readonly #files = new Map<string, PeerFiles>();

  constructor(ports: TransfersPorts) {
    this.#ports = ports;
    void sweepDisk(Date.now());
  }

  /** One transfer for each file and receiver. Throws `peer_not_found`, `invalid_file`. */
  send(what: Sendable | readonly Sendable[], { to, ...about }: SendFileOptions): OutgoingFile[] {
    const peers = this.#receivers(to);
    const all = Array.isArray(what) ? (what as readonly Sendable[]) : [what as Sendable];
    if (peers.length > 1 && all.some((one) => one instanceof ReadableStream)) {
      throw new HeliographError("invalid_file", "A stream goes to one peer: say which, by `to`.");
    }
    return all.flatMap((one) => peers.map((peer) => this.#sendTo(peer, one, about)));
  }

  opened(peer: FilePeer): void {
    const channel = peer.files;
    if (channel) this.#of(peer.id).opened(channel);
    else this.#files.get(peer.id)?.closed();
  }

  received(peer: FilePeer, data: unknown): void {
    this.opened(peer); // what comes through a channel says that it is open
    this.#of(peer.id).received(data);
  }

  gone(peer: string, reason: LeftReason): void {
    this.#files.get(peer)?.gone(reason === "kicked");
  }

  close(): void {
    for (const files of this.#files.values()) files.close();
  }

  #receivers(to: string | undefined): readonly FilePeer[] {
    const all = [...this.#ports.peers().values()];
    const found = to === undefined ? all : all.filter(({ id }) => id === to);
    if (found.length > 0) return found;
    throw new HeliographError("peer_not_found", "There is nobody who could get it.");
  }

  #sendTo(peer: FilePeer, what: Sendable, about: Omit<SendFileOptions, "to">): OutgoingFile {
    const files = this.#of(peer.id);
    if (peer.files) files.opened(peer.files);
    return files.send(offerOf(what, about), sourceOf(what));
  }

  #of(id: string): PeerFiles {
    const known = this.#files.get(id);
    if (known) return known;
    const made = new PeerFiles(id, {
      offered: (file) => this.#ports.offered(file),
      changed: (transfer) => this.#ports.changed(transfer),
      relayBytes: () => this.#ports.relayBytes(),
      relayed: () => this.#ports.peers().get(id)?.path === "relayed",
    });
    this.#files.set(id, made);
    return made;
  }
}

function offerOf(what: Sendable, about: Omit<SendFileOptions, "to">): FileOffer {
  const known = what instanceof Blob ? { size: what.size, type: what.type } : {};
  const own = what instanceof File ? what.webkitRelativePath || what.name : "";
  const { path, size = null, type = "" } = { ...about, ...known };
  if (size !== null && !(Number.isSafeInteger(size) && size >= 0)) {
    throw new HeliographError("invalid_file", "`size` is a number of bytes.");
  }
  return {
    t: "offer",
    id: createFileId(),
    path: safePath(path || own),
    size,
    type: type.slice(0, 255),
  };
}
