/** What both sides of a transfer have: its phase, who holds it, how far it is. */

import type { ErrorCode } from "../errors.js";
import { HeliographError } from "../errors.js";
import type { FileTarget, Transfer, TransferState } from "../types.js";
import type { FileMessage, FileOffer } from "./messages.js";
import { nameIn, safePath } from "./names.js";
import { after, hasEnded, isActive, type Phase, type Step } from "./phase.js";
import { Rate } from "./rate.js";

const PROGRESS_MS = 100; // between two events that say no more than how far it is

/** What a transfer asks of its peer's. */
export interface TransferPorts {
  /** Through the channel; lost if there is none: it is said anew by the next one. */
  say(message: FileMessage): void;
  /** Something that is seen of it has changed. */
  changed(transfer: FileTransfer): void;
  /** It can go on, or has ended. */
  wake(): void;
  /** Whether what it moves goes through a relay. */
  relayed(): boolean;
  /** What the relays are meant to carry; null if that is not said. */
  relayBytes(): number | null;
  connected(): boolean;
}

export abstract class FileTransfer implements Transfer {
  readonly id: string;
  abstract readonly direction: "up" | "down";
  readonly peerId: string;
  readonly name: string;
  readonly path: string;
  readonly size: number | null;
  readonly type: string;
  readonly done: Promise<Blob | null>;
  bytes = 0;
  error: HeliographError | null = null;
  protected readonly offer: FileOffer;
  protected readonly ports: TransferPorts;
  #phase: Phase = "offered";
  #isHeld = false; // by us
  #isHeldThere = false;
  readonly #rate = new Rate();
  #toldAt = Number.NEGATIVE_INFINITY;
  #resolve: (file: Blob | null) => void = () => {};
  #reject: (error: HeliographError) => void = () => {};

  constructor(peerId: string, offer: FileOffer, ports: TransferPorts) {
    this.id = offer.id;
    this.peerId = peerId;
    this.path = safePath(offer.path);
    this.name = nameIn(this.path);
    this.size = offer.size;
    this.type = offer.type;
    this.offer = offer;
    this.ports = ports;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.done.catch(() => {}); // nobody has to listen
  }

  get state(): TransferState {
    return isActive(this.#phase) && this.isHeld ? "paused" : this.#phase;
  }

  get interrupted(): boolean {
    return !this.ended && !this.ports.connected();
  }

  get relayed(): boolean {
    return this.ports.relayed();
  }

  get relayBytes(): number | null {
    return this.relayed ? this.ports.relayBytes() : null;
  }

  get bytesPerSecond(): number {
    return this.state === "moving" ? this.#rate.perSecond(this.bytes, performance.now()) : 0;
  }

  get secondsLeft(): number | null {
    const rate = this.bytesPerSecond;
    return this.size === null || rate <= 0 ? null : (this.size - this.bytes) / rate;
  }

  get ended(): boolean {
    return hasEnded(this.#phase);
  }

  /** What to say of it to whoever asks later; null while it goes on. */
  get last(): FileMessage | null {
    const { id } = this;
    switch (this.#phase) {
      case "done":
        return { t: "done", id };
      case "declined":
        return { t: "decline", id };
      case "cancelled":
        return { t: "cancel", id };
      case "failed":
        return { t: "cancel", id, code: this.error?.code ?? "failed" };
      default:
        return null;
    }
  }

  pause(): void {
    this.#hold(true);
  }

  resume(): void {
    this.#hold(false);
  }

  cancel(): void {
    if (this.ended) return;
    this.ports.say({ t: "cancel", id: this.id });
    this.stopped("cancelled", new HeliographError("cancelled", "The transfer was cancelled."));
  }

  /** It cannot go on; the other side is told. */
  fail(error: HeliographError): void {
    if (this.ended) return;
    this.ports.say({ t: "cancel", id: this.id, code: error.code });
    this.stopped("failed", error);
  }

  /** The channel is another one, or there is none. */
  reconnected(): void {
    this.#rate.reset();
    this.#show();
  }

  /** What the other side says that is the same in both directions. */
  protected heard(message: FileMessage): void {
    if (message.t === "cancel") this.#cancelledThere(message.code);
    if (message.t !== "hold" && message.t !== "go") return;
    this.#isHeldThere = message.t === "hold";
    this.#held();
  }

  protected get active(): boolean {
    return isActive(this.#phase);
  }

  protected get isHeld(): boolean {
    return this.#isHeld || this.#isHeldThere;
  }

  protected step(step: Step): void {
    const before = this.#phase;
    this.#phase = after(before, step);
    if (this.#phase !== before) this.#show();
  }

  protected moved(bytes: number): void {
    this.bytes = bytes;
    this.step("moved");
    const now = performance.now();
    this.#rate.add(bytes, now);
    if (now - this.#toldAt >= PROGRESS_MS) this.#show();
  }

  protected finished(file: Blob | null): void {
    if (this.ended) return;
    this.#resolve(file);
    this.step("finished");
    this.released();
    this.ports.wake();
  }

  /** It has ended before it was done. */
  protected stopped(step: "cancelled" | "declined" | "failed", error: HeliographError): void {
    if (this.ended) return;
    this.error = error;
    this.#reject(error);
    this.step(step);
    this.released();
    this.ports.wake();
  }

  abstract accept(to?: FileTarget): Promise<void>;
  abstract decline(): void;

  /** It needs its source or target no more. */
  protected abstract released(): void;

  #cancelledThere(code: ErrorCode | undefined): void {
    const error = new HeliographError(
      code ?? "cancelled",
      "The other side has ended the transfer.",
    );
    this.stopped(code === undefined ? "cancelled" : "failed", error);
  }

  #hold(isHeld: boolean): void {
    if (this.ended || this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    this.sayHold();
    this.#held();
  }

  /** Said anew through each channel. */
  protected sayHold(): void {
    this.ports.say({ t: this.#isHeld ? "hold" : "go", id: this.id });
  }

  #held(): void {
    this.#rate.reset();
    this.#show();
    this.ports.wake();
  }

  #show(): void {
    this.#toldAt = performance.now();
    this.ports.changed(this);
  }
}
