/** Which received messages count: not the repeated ones, and not those of members who have left. */
import type { Message } from "../wire/protocol.js";
import { Departed } from "./departed.js";
import { Seen } from "./seen.js";

/** Repeats of these pass: they have an order of their own, and a repeat may be the first to help. */
const REPEATABLE: ReadonlySet<Message["kind"]> = new Set(["offer", "answer", "candidates"]);

export class Inbox {
  readonly #seen = new Seen();
  readonly #departed = new Departed();

  /** Does this message count? Asking is receiving: the same one counts no second time. */
  accepts(from: string, seq: number, kind: Message["kind"]): boolean {
    if (this.#departed.sentBefore(from, seq)) return false;
    return this.#seen.first(from, seq) || REPEATABLE.has(kind);
  }

  /** The member left for good: what it had sent before no longer counts. */
  departed(id: string): void {
    this.#departed.add(id, this.#seen.highest(id));
  }

  /** The member is here again. */
  returned(id: string): void {
    this.#departed.remove(id);
  }
}
