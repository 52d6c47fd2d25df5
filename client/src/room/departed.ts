import { BoundedMap } from "../collections/bounded-map.js";

const MAX_MEMBERS = 256;
/**
 * A page's seq starts at its clock in µs (docs/protocol.md §4), and that of the next page of the same
 * member a second further at least. No page sends this many messages before it is reloaded.
 */
const NEW_PAGE_SEQS = 100_000;

/** The members who left for good, and the highest seq that each of them had sent. Bounded. */
export class Departed {
  readonly #lastSeqs: BoundedMap<string, number>;

  constructor(maxMembers = MAX_MEMBERS) {
    this.#lastSeqs = new BoundedMap(maxMembers);
  }

  add(id: string, lastSeq: number): void {
    this.#lastSeqs.set(id, lastSeq);
  }

  remove(id: string): void {
    this.#lastSeqs.remove(id);
  }

  /** True for a message that was under way when its sender left; false for one of its next page. */
  sentBefore(id: string, seq: number): boolean {
    const last = this.#lastSeqs.get(id);
    return last !== undefined && seq < last + NEW_PAGE_SEQS;
  }
}
