/**
 * What the stamps say of the hosts' decisions, on its way to the other stamps (docs/protocol.md §3).
 * We carry it and do not read it.
 */
export class CarriedOrders {
  readonly #newest = new Map<number, string>();
  readonly #heardAt = new Map<number, number>();
  readonly #lastGiver = new Map<number, number>();

  /** A stamp has told us. `now`: ms that never go back. */
  heard(stamp: number, orders: string, now = performance.now()): void {
    this.#newest.set(stamp, orders);
    this.#heardAt.set(stamp, now);
  }

  /** Has this stamp told us anything since then? */
  hasTold(stamp: number, since: number): boolean {
    return (this.#heardAt.get(stamp) ?? Number.NEGATIVE_INFINITY) >= since;
  }

  /** For this stamp: the newest of another one; of several others each in its turn. */
  next(stamp: number): string | undefined {
    const givers = [...this.#newest.keys()]
      .filter((giver) => giver !== stamp)
      .sort((a, b) => a - b);
    const last = this.#lastGiver.get(stamp) ?? -1;
    const giver = givers.find((each) => each > last) ?? givers[0];
    if (giver === undefined) return undefined;
    this.#lastGiver.set(stamp, giver);
    return this.#newest.get(giver);
  }
}
