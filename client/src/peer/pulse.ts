/**
 * Whether the other side of an open channel is still heard. A browser says `disconnected` 6 s after
 * the last packet (Chromium), and a network that has changed under it says nothing at all.
 *
 * | The channel | Event | Then |
 * |---|---|---|
 * | open | 0.75 s without a message of ours | an empty message goes |
 * | they have sent an empty one | 1.3 s without anything, and no byte has come (getStats) | silent |
 * | the same | `doubt`: our network is another one | silent |
 * | silent | anything comes | heard |
 * | of somebody who sends no empty messages | anything | never silent |
 * | any | this page itself stood still | 1.3 s from then on |
 */
export const BEAT_MS = 750;
export const SILENT_MS = 1_300;
const TICK_MS = 250;
const STOOD_STILL_MS = 1_500; // a timer that is so late: what has come is read only now

export interface PulsePorts {
  beat(): void;
  /** Bytes that have come, by whatever way; null if that cannot be said. */
  bytes(): Promise<number | null>;
  /** `silent` is another. */
  changed(): void;
}

export class Pulse {
  silent = false;
  readonly #ports: PulsePorts;
  #heardAt = 0;
  #sentAt = 0;
  #tickedAt = 0;
  #beats = false; // the other side sends empty messages
  #bytes: number | null = null; // that had come when it was quiet for a beat
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: PulsePorts) {
    this.#ports = ports;
  }

  /** The channel is open. */
  start(): void {
    this.#heardAt = this.#sentAt = this.#tickedAt = performance.now();
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** There is a reason to believe that nothing comes. */
  doubt(): void {
    if (this.#beats) this.#become(true);
  }

  sent(): void {
    this.#sentAt = performance.now();
  }

  /** A message has come; an empty one if `isBeat`. */
  heard(isBeat: boolean): void {
    this.#heardAt = performance.now();
    this.#bytes = null;
    this.#beats ||= isBeat;
    this.#become(false);
  }

  #tick(): void {
    const now = performance.now();
    if (now - this.#tickedAt > STOOD_STILL_MS) this.#heardAt = now;
    this.#tickedAt = now;
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
    if (now - this.#sentAt >= BEAT_MS) this.#beat();
    if (this.#beats && !this.silent && now - this.#heardAt >= BEAT_MS) void this.#listen();
  }

  #beat(): void {
    this.sent();
    this.#ports.beat();
  }

  /** A large message on a slow path, or media, may be on its way. */
  async #listen(): Promise<void> {
    const heardAt = this.#heardAt;
    const bytes = await this.#ports.bytes();
    if (heardAt !== this.#heardAt || bytes === null) return;
    const more = this.#bytes !== null && bytes > this.#bytes;
    this.#bytes = bytes;
    if (more) this.#heardAt = performance.now();
    else if (performance.now() - heardAt >= SILENT_MS) this.#become(true);
  }

  #become(silent: boolean): void {
    if (silent === this.silent) return;
    this.silent = silent;
    this.#ports.changed();
  }
}
