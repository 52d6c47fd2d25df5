const VALID_MS = 600_000; // people change networks: ten minutes is a room or two

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Remembers that this network blocks WebSockets: one time (ms since 1970) in `localStorage` for each
 * SignalR service. After ten minutes a WebSocket is tried again.
 */
export class SocketMemory {
  readonly #key: string;
  readonly #store: () => Store;

  /** `store` may throw, as where a browser blocks cookies: then nothing is kept. */
  constructor(key: string, store: () => Store = () => localStorage) {
    this.#key = key;
    this.#store = store;
  }

  /** They were, within the last ten minutes. */
  get areBlocked(): boolean {
    const stored = this.#try((store) => store.getItem(this.#key)) ?? "";
    const ageMs = /^\d+$/.test(stored) ? Date.now() - Number(stored) : Number.NaN;
    return ageMs >= 0 && ageMs < VALID_MS;
  }

  /** Polls work where a WebSocket did not. */
  rememberBlocked(): void {
    this.#try((store) => store.setItem(this.#key, `${Date.now()}`));
  }

  /** Polls do not work either: the network is another one. */
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
