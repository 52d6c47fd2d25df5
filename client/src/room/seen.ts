import { BoundedMap } from "../collections/bounded-map.js";

/** What one sender has sent: `floor` and everything below it count as seen. */
interface Sender {
  seqs: Set<number>;
  floor: number;
  highest: number;
}

const MAX_SEQS_PER_SENDER = 1_024;
const MAX_SENDERS = 128;

/**
 * Which messages have been received, by (from, seq): the receiver drops repeats
 * (docs/protocol.md §4). Bounded in senders and in messages of each.
 */
export class Seen {
  readonly #senders: BoundedMap<string, Sender>;
  readonly #maxSeqs: number;

  constructor(maxSeqsPerSender = MAX_SEQS_PER_SENDER, maxSenders = MAX_SENDERS) {
    this.#maxSeqs = maxSeqsPerSender;
    this.#senders = new BoundedMap(maxSenders);
  }

  /** True the first time. What is older than all that is remembered counts as seen. */
  first(from: string, seq: number): boolean {
    const sender = this.#senders.touch(from, () => ({ seqs: new Set(), floor: -1, highest: -1 }));
    if (seq <= sender.floor || sender.seqs.has(seq)) return false;
    sender.seqs.add(seq);
    sender.highest = Math.max(sender.highest, seq);
    if (sender.seqs.size > this.#maxSeqs) forgetOlderHalf(sender);
    return true;
  }

  /** The highest seq of a sender, -1 if there was none. */
  highest(from: string): number {
    return this.#senders.get(from)?.highest ?? -1;
  }
}

/** Half at once, so that one sort serves many messages. */
function forgetOlderHalf(sender: Sender): void {
  const sorted = [...sender.seqs].sort((a, b) => a - b);
  const old = sorted.slice(0, Math.ceil(sorted.length / 2));
  sender.floor = old[old.length - 1] ?? sender.floor;
  sender.seqs = new Set(sorted.slice(old.length));
}
