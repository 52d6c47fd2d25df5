const MEMORY = 600_000; // ms

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Whether this network needed a relay lately: one time in `localStorage` for each backend. */
export class Network {
  readonly #key: string;
  readonly #store: () => Store;

  constructor(backend: string, store: () => Store = () => localStorage) {
    this.#key = `heliograph.relayed:${backend}`;
    this.#store = store;
  }

  get needsRelay(): boolean {
    const ago = Date.now() - Number(this.#try((store) => store.getItem(this.#key)) ?? Number.NaN);
    return ago >= 0 && ago < MEMORY;
  }

  /** A connection goes through our relay. */
  relayed(): void {
    this.#try((store) => store.setItem(this.#key, `${Date.now()}`));
  }

  /** A connection needs none. */
  direct(): void {
    this.#try((store) => store.removeItem(this.#key));
  }

  /** Where storage is closed to us, every call begins without experience. */
  #try<T>(use: (store: Store) => T): T | null {
    try {
      return use(this.#store());
    } catch {
      return null;
    }
  }
}
