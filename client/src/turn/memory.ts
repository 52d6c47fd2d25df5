const VALID_MS = 600_000; // people change networks: ten minutes is a call or two

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Remembers that TURN was needed on this network: one time (ms since 1970) in `localStorage` for
 * each backend. The next call then requests its credential at once, not after a failed direct path.
 */
export class TurnMemory {
  readonly #key: string;
  readonly #store: () => Store;

  /** `store` may throw: a browser that blocks cookies throws in the getter of `localStorage`. */
  constructor(backend: string, store: () => Store = () => localStorage) {
    this.#key = `heliograph.relayed:${backend}`;
    this.#store = store;
  }

  /** True if TURN was needed within the last ten minutes. False without storage. */
  get turnNeeded(): boolean {
    const stored = this.#try((store) => store.getItem(this.#key));
    const ageMs = Date.now() - Number(stored ?? Number.NaN);
    return ageMs >= 0 && ageMs < VALID_MS;
  }

  /** A connection goes through our relay. */
  rememberNeeded(): void {
    this.#try((store) => store.setItem(this.#key, `${Date.now()}`));
  }

  /** A connection needs no relay. */
  forget(): void {
    this.#try((store) => store.removeItem(this.#key));
  }

  #try<T>(use: (store: Store) => T): T | null {
    try {
      return use(this.#store());
    } catch {
      return null;
    }
  }
}
