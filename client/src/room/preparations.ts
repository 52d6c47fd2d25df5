/** What `prepare` has made ready for a `join` that follows. */
import { pause } from "../timing/backoff.js";
import { sequence } from "../wire/ids.js";
import { OpenOffer } from "./open-offer.js";

const KEEP_MS = 90_000; // of an offer: a network that changes makes its candidates useless

/** By a list of backends: an offer, which one `join` takes. */
export class Preparations {
  readonly #offers = new Map<string, OpenOffer>();
  readonly #nextSeq = sequence();

  /** Describes a connection, in place of an older one. Resolves when that is done, in 2 s or so. */
  async describe(key: string, iceServers: RTCIceServer[]): Promise<void> {
    await new Promise<void>((resolve) => {
      const ports = { nextSeq: this.#nextSeq, described: () => resolve() };
      const offer = new OpenOffer({ iceServers }, null, ports);
      this.take(key)?.close();
      this.#offers.set(key, offer);
      void this.#end(key, offer, resolve);
    });
  }

  /** The offer, which belongs to the caller from now on; null if none is described. */
  take(key: string): OpenOffer | null {
    const offer = this.#offers.get(key) ?? null;
    if (!offer?.offer) return null;
    this.#offers.delete(key);
    return offer;
  }

  async #end(key: string, offer: OpenOffer, ended: () => void): Promise<void> {
    await pause(KEEP_MS);
    ended(); // it was never described
    if (this.#offers.get(key) !== offer) return;
    this.#offers.delete(key);
    offer.close();
  }
}
