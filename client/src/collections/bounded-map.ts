/**
 * A map of bounded size. The entries are in the order in which they were last set or touched;
 * when there are too many, the oldest is removed. It holds what strangers can make us remember.
 */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #maxEntries: number;

  /** `maxEntries` is 1 or more; throws `RangeError` otherwise. */
  constructor(maxEntries: number) {
    if (!(maxEntries >= 1)) throw new RangeError("A bounded map holds at least one entry.");
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** Reads without a change of the order. */
  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Sets the entry and makes it the newest. Removes the oldest one if there are too many. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#maxEntries) this.#removeOldest();
  }

  /** The entry, made the newest; `create` makes it if there is none. */
  touch(key: K, create: () => V): V {
    const value = this.#entries.has(key) ? (this.#entries.get(key) as V) : create();
    this.set(key, value);
    return value;
  }

  /** Removes the entry and answers its value. */
  remove(key: K): V | undefined {
    const value = this.#entries.get(key);
    this.#entries.delete(key);
    return value;
  }

  #removeOldest(): void {
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
