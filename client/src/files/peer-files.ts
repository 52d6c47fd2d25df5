/**
 * The files that go to one peer and come from it, over one channel after another.
 *
 * | What happens | Then |
 * |---|---|
 * | a channel opens | what we send and has not ended is offered anew; the receiver says where it goes on |
 * | | what we have cancelled since the one before opened is said once more: it may have been lost |
 * | the channel closes | nothing is lost: it is said of each that it is interrupted |
 * | the peer is gone | it may only have loaded its page again: what is not ended fails a minute later |
 * | a file is offered | it goes on if we have it, or parts of it on disk; else the application is asked |
 * | several can move | they take turns, block by block |
 */
import { BoundedMap } from "../collections/bounded-map.js";
import { HeliographError } from "../errors.js";
import { isOnDisk } from "./disk.js";
import { type Arriving, IncomingFile } from "./incoming-file.js";
import { Lane } from "./lane.js";
import { type FileMessage, type FileOffer, parseFileMessage } from "./messages.js";
import { OutgoingFile } from "./outgoing-file.js";
import type { Source } from "./source.js";
import type { FileTransfer, TransferPorts } from "./transfer.js";

/** What the files of a peer ask of the room. */
export interface PeerFilesPorts {
  /** Somebody offers a file. */
  offered(file: IncomingFile): void;
  changed(transfer: FileTransfer): void;
  relayed(): boolean;
  relayBytes(): number | null;
}

/** A page that is loaded again is back by then. */
export const GONE_MS = 60_000;
/** A sender offers what it still has as soon as a channel opens. */
const OFFERED_ANEW_MS = 10_000;
/** Offers of one peer that nobody has answered; what is above that is declined. */
const MAX_OFFERS = 1_000;
const MAX_ENDED = 1_000;

export class PeerFiles {
  readonly #id: string;
  readonly #ports: PeerFilesPorts;
  readonly #outgoing = new Map<string, OutgoingFile>();
  readonly #incoming = new Map<string, IncomingFile>();
  /** What is said of those that have ended, by id. */
  readonly #ended = new BoundedMap<string, FileMessage>(MAX_ENDED);
  #cancelled: FileMessage[] = []; // of what we send, since the channel opened
  #lane: Lane | null = null;
  #arriving: Arriving | null = null;
  #wake: () => void = () => {};
  #goneTimer: ReturnType<typeof setTimeout> | undefined;
  #anewTimer: ReturnType<typeof setTimeout> | undefined;
  /** What it has not offered since the channel opened. */
  #missing = new Set<IncomingFile>();

  constructor(id: string, ports: PeerFilesPorts) {
    this.#id = id;
    this.#ports = ports;
  }

  /** Offers a file. */
  send(offer: FileOffer, source: Source): OutgoingFile {
    const file = new OutgoingFile(this.#id, offer, source, this.#transferPorts());
    this.#outgoing.set(file.id, file);
    this.#ports.changed(file);
    if (this.#lane) file.offerAnew();
    return file;
  }

  /** Its channel is open, and a new one. */
  opened(channel: RTCDataChannel): void {
    if (this.#lane?.channel === channel) return;
    clearTimeout(this.#goneTimer);
    const lane = new Lane(channel);
    this.#lane = lane;
    this.#arriving = null;
    channel.addEventListener("close", () => this.#wake(), { once: true });
    for (const message of this.#cancelled.splice(0)) lane.say(message);
    for (const file of this.#outgoing.values()) file.offerAnew();
    this.#awaitOffers();
    void this.#run(lane);
  }

  /** Its channel has closed. */
  closed(): void {
    if (!this.#lane || this.#lane.open) return;
    this.#lane = null;
    for (const file of this.#all) file.reconnected();
  }

  /** It has left the room. `isFinal`: it cannot come back. */
  gone(isFinal: boolean): void {
    clearTimeout(this.#goneTimer);
    this.#goneTimer = setTimeout(() => this.#fail(), isFinal ? 0 : GONE_MS);
  }

  /** The room is closed. */
  close(): void {
    clearTimeout(this.#goneTimer);
    clearTimeout(this.#anewTimer);
    this.#fail();
    this.#lane = null;
    this.#wake();
  }

  /** A message of its channel. */
  received(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      this.#lane?.received(data.byteLength);
      this.#bytes(new Uint8Array(data));
    }
    const message = typeof data === "string" ? parseFileMessage(data) : null;
    if (message) this.#message(message);
  }

  get #all(): readonly FileTransfer[] {
    return [...this.#outgoing.values(), ...this.#incoming.values()];
  }

  #message(message: FileMessage): void {
    switch (message.t) {
      case "seen":
        this.#lane?.seen(message.bytes);
        break;
      case "offer":
        this.#offered(message);
        break;
      case "block": {
        const file = this.#incoming.get(message.id);
        const unwanted = { left: message.size, bytes: null, file: null, message };
        this.#arriving = file ? file.arriving(message) : unwanted;
        break;
      }
      default:
        this.#incoming.get(message.id)?.receive(message);
        this.#outgoing.get(message.id)?.receive(message);
    }
  }

  /** What was not announced is nobody's. */
  #bytes(piece: Uint8Array<ArrayBuffer>): void {
    const arriving = this.#arriving;
    if (!arriving) return;
    const { bytes, file, message } = arriving;
    if (piece.byteLength > arriving.left) {
      file?.refuse();
      return;
    }
    bytes?.set(piece, message.size - arriving.left);
    arriving.left -= piece.byteLength;
    if (arriving.left > 0) return;
    this.#arriving = null;
    if (bytes) file?.take(bytes, message);
  }

  #offered(offer: FileOffer): void {
    const known = this.#incoming.get(offer.id);
    const ended = this.#ended.get(offer.id);
    if (known) this.#missing.delete(known);
    if (known) known.offeredAnew();
    else if (ended) this.#lane?.say(ended);
    else if (this.#incoming.size >= MAX_OFFERS) this.#lane?.say({ t: "decline", id: offer.id });
    else this.#meet(new IncomingFile(this.#id, offer, this.#transferPorts()), offer);
  }

  /** Parts of it that are on disk were accepted before our page was loaded again. */
  #meet(file: IncomingFile, offer: FileOffer): void {
    this.#incoming.set(file.id, file);
    void isOnDisk(offer).then((isKnown) => {
      if (file.ended) return;
      this.#ports.offered(file);
      if (isKnown) file.accept("disk").catch(() => {});
    });
  }

  #transferPorts(): TransferPorts {
    return {
      say: (message) => void this.#lane?.say(message),
      changed: (transfer) => {
        if (transfer.ended) this.#end(transfer);
        this.#ports.changed(transfer);
      },
      wake: () => this.#wake(),
      relayed: () => this.#ports.relayed(),
      relayBytes: () => this.#ports.relayBytes(),
      connected: () => this.#lane?.open ?? false,
    };
  }

  #end(transfer: FileTransfer): void {
    const { last } = transfer;
    if (last) this.#ended.set(transfer.id, last);
    const isOurs = this.#outgoing.delete(transfer.id);
    if (isOurs && last?.t === "cancel" && this.#cancelled.length < MAX_ENDED) {
      this.#cancelled.push(last);
    }
    this.#incoming.delete(transfer.id);
  }

  /** A page that was loaded again has no file any more that it was sending. */
  #awaitOffers(): void {
    this.#missing = new Set(this.#incoming.values());
    for (const file of this.#missing) file.reconnected();
    clearTimeout(this.#anewTimer);
    this.#anewTimer = setTimeout(() => this.#fail([...this.#missing]), OFFERED_ANEW_MS);
  }

  #fail(files: readonly FileTransfer[] = this.#all): void {
    for (const file of files) {
      file.fail(new HeliographError("peer_gone", "The other side has left the room."));
    }
  }

  async #run(lane: Lane): Promise<void> {
    while (this.#lane === lane && lane.open) {
      const file = this.#nextReady();
      if (file) await file.send(lane);
      else await this.#woken();
    }
  }

  /** Whoever has sent goes to the end of the line. */
  #nextReady(): OutgoingFile | null {
    for (const [id, file] of this.#outgoing) {
      if (!file.ready) continue;
      this.#outgoing.delete(id);
      this.#outgoing.set(id, file);
      return file;
    }
    return null;
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
