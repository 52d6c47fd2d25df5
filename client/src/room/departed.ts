const NEW_PAGE = 100_000; // more than any page can have sent: its seq starts at the clock, in µs

/** Who has left for good, and how far its messages went; bounded, the oldest go first. */
export class Departed {
  readonly #last = new Map<string, number>();
  readonly #most: number;

  constructor(most = 256) {
    this.#most = most;
  }

  add(id: string, lastSeq: number): void {
    this.#last.set(id, lastSeq);
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= this.#most) break;
      this.#last.delete(oldest);
    }
  }

  remove(id: string): void {
    this.#last.delete(id);
  }

  /** It was under way when its sender left, and is not from the page's next life. */
  sentBefore(id: string, seq: number): boolean {
    const last = this.#last.get(id);
    return last !== undefined && seq < last + NEW_PAGE;
  }
}
