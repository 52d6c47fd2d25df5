/** What has been received, by (from, seq); bounded in senders and in messages of each. */
export class Seen {
  readonly #senders = new Map<string, { seqs: Set<number>; floor: number; highest: number }>();
  readonly #depth: number;
  readonly #width: number;

  constructor(depth = 1_024, width = 128) {
    this.#depth = depth;
    this.#width = width;
  }

  /** True the first time. What is older than all we remember counts as seen. */
  first(from: string, seq: number): boolean {
    const sender = this.#sender(from);
    if (seq <= sender.floor || sender.seqs.has(seq)) return false;
    sender.seqs.add(seq);
    sender.highest = Math.max(sender.highest, seq);
    if (sender.seqs.size > this.#depth) this.#forget(sender);
    return true;
  }

  /** The highest seq of a sender, -1 if there was none. */
  highest(from: string): number {
    return this.#senders.get(from)?.highest ?? -1;
  }

  #sender(from: string) {
    const sender = this.#senders.get(from) ?? { seqs: new Set<number>(), floor: -1, highest: -1 };
    this.#senders.delete(from);
    this.#senders.set(from, sender); // the latest is last
    if (this.#senders.size > this.#width) {
      for (const oldest of this.#senders.keys()) {
        this.#senders.delete(oldest);
        break;
      }
    }
    return sender;
  }

  /** The older half goes at once, so that the sort is paid once in `depth / 2` messages. */
  #forget(sender: { seqs: Set<number>; floor: number }): void {
    const sorted = [...sender.seqs].sort((a, b) => a - b);
    const old = sorted.slice(0, Math.ceil(sorted.length / 2));
    sender.floor = old[old.length - 1] ?? sender.floor;
    sender.seqs = new Set(sorted.slice(old.length));
  }
}
