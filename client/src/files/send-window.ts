/**
 * How many bytes may be under way in a channel: sent, and not yet seen by the other page. Pure but for
 * the times that it is given.
 *
 * LEDBAT (RFC 6817): it grows as long as what is sent is not delayed by what was sent before, and shrinks
 * when it is. So texts in the same connection stay quick, and the browser's own SCTP does not start with
 * more than the network takes: Chromium doubles what is under way up to 5 MB, and when hundreds of packets
 * are lost at once it brings back a few in a second (docs/benchmarks.md).
 */

/** Of one message at most: what every browser takes. */
export const MAX_PIECE_BYTES = 65_536;
const MIN_PIECE_BYTES = 16_384;
const INITIAL_BYTES = 262_144;
const MIN_BYTES = 65_536;
const MAX_BYTES = 16_777_216;
/** What our own data may delay, ms. RFC 6817 §3.3 allows 100. */
const TARGET_MS = 50;
const PIECES = 8; // that a window holds at least, if they are not the smallest

export class SendWindow {
  #bytes = INITIAL_BYTES;
  #base = Number.POSITIVE_INFINITY; // ms, without delay by others

  get bytes(): number {
    return this.#bytes;
  }

  get pieceBytes(): number {
    const fits = Math.floor(this.#bytes / PIECES);
    return Math.max(MIN_PIECE_BYTES, Math.min(MAX_PIECE_BYTES, fits));
  }

  /**
   * The other page has so many bytes more, the last of which were sent `ms` ago, when `flight` bytes were
   * under way.
   */
  acknowledged(bytes: number, ms: number, flight: number): void {
    this.#base = Math.min(this.#base, ms);
    const off = Math.max(-1, (TARGET_MS - (ms - this.#base)) / TARGET_MS);
    const isUsed = flight + this.pieceBytes >= this.#bytes;
    if (off > 0 && !isUsed) return; // more would not be sent either
    const next = this.#bytes + (off * bytes * MAX_PIECE_BYTES) / this.#bytes;
    this.#bytes = Math.max(MIN_BYTES, Math.min(MAX_BYTES, next));
  }
}
