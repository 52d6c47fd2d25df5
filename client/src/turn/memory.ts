import type { Network } from "../wire/protocol.js";

const VALID_MS = 600_000; // people change networks: ten minutes is a call or two
const UDP_BLOCKED = " tcp"; // follows the time

/** How a relay was reached: by UDP, or by TCP or TLS because UDP is blocked. */
export type RelayReached = "udp" | "udpBlocked";

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/**
 * Remembers that TURN was needed on this network: one time (ms since 1970) in `localStorage` for
 * each backend, with ` tcp` behind it if the relay was reached by TCP or TLS. It counts where the
 * next connection cannot find out by itself what the network is like (network.ts).
 */
export class TurnMemory {
  readonly #key: string;
  readonly #store: () => Store;

  /** `store` may throw: a browser that blocks cookies throws in the getter of `localStorage`. */
  constructor(backend: string, store: () => Store = () => localStorage) {
    this.#key = `heliograph.relayed:${backend}`;
    this.#store = store;
  }

  /** What the network must be like, if TURN was needed within the last ten minutes; else null. */
  get network(): Network | null {
    const reached = this.#remembered;
    if (reached === null) return null;
    return reached === "udpBlocked" ? "udp-blocked" : "symmetric";
  }

  /** A connection goes through our relay. */
  rememberNeeded(reached: RelayReached): void {
    const suffix = reached === "udpBlocked" ? UDP_BLOCKED : "";
    this.#try((store) => store.setItem(this.#key, `${Date.now()}${suffix}`));
  }

  /** A connection needs no relay. */
  forget(): void {
    this.#try((store) => store.removeItem(this.#key));
  }

  get #remembered(): RelayReached | null {
    const stored = this.#try((store) => store.getItem(this.#key)) ?? "";
    const [, time, suffix] = /^(\d+)( tcp)?$/.exec(stored) ?? [];
    const ageMs = Date.now() - Number(time ?? Number.NaN);
    if (!(ageMs >= 0 && ageMs < VALID_MS)) return null;
    return suffix === UDP_BLOCKED ? "udpBlocked" : "udp";
  }

  #try<T>(use: (store: Store) => T): T | null {
    try {
      return use(this.#store());
    } catch {
      return null;
    }
  }
}
