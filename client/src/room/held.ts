/** Candidates of members whom we do not know yet: they came before anything else did. */
import { BoundedMap } from "../collections/bounded-map.js";
import { type CandidateBatch, MAX_BATCH_CANDIDATES } from "../wire/protocol.js";

const MAX_PAIRS = 4; // of one member

export class Held {
  readonly #members: BoundedMap<string, CandidateBatch[]>;

  /** Of at most `maxMembers` members; the one that was silent longest is forgotten first. */
  constructor(maxMembers = 64) {
    this.#members = new BoundedMap(maxMembers);
  }

  /** Keeps a batch of `from`; at most 64 candidates a pair. */
  put(from: string, { pc, candidates }: CandidateBatch): void {
    const batches = this.#members.get(from) ?? [];
    const before = batches.find((batch) => batch.pc === pc)?.candidates ?? [];
    const all = [...before, ...candidates].slice(0, MAX_BATCH_CANDIDATES);
    const others = batches.filter((batch) => batch.pc !== pc);
    this.#members.set(from, [...others, { pc, candidates: all }].slice(-MAX_PAIRS));
  }

  /** The batches of `from`, one a pair; they are given once. */
  take(from: string): CandidateBatch[] {
    return this.#members.remove(from) ?? [];
  }
}
