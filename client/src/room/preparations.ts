/** What `prepare` has made ready for a `join` that follows. */
import { pause, withTimeout } from "../timing/backoff.js";
import { nextMoment, sequence } from "../wire/ids.js";
import { OpenOffer } from "./open-offer.js";

const DESCRIBED_MS = 3_000; // longer than a description takes
const KEEP_MS = 90_000; // of an offer: a network that changes makes its candidates useless

/** By a list of backends: offers, which one `join` takes. */
export class Preparations {
  readonly #offers = new Map<string, readonly OpenOffer[]>();

  /**
   * Describes so many connections, in place of older ones. Resolves when that is done, in 2 s or so.
   */
  async describe(key: string, iceServers: RTCIceServer[], count: number): Promise<void> {
    const offers: OpenOffer[] = [];
    const nextSeq = sequence(nextMoment()); // below that of the `join` to come, above that of one before
    const described = [...Array(count)].map(
      () =>
        new Promise<void>((resolve) => {
          const done = () => resolve();
          const ports = { nextSeq, described: done, failed: done };
          offers.push(new OpenOffer({ iceServers }, null, ports, true));
        }),
    );
    for (const old of this.#offers.get(key) ?? []) old.close();
    this.#offers.set(key, offers);
    void this.#end(key, offers);
    await withTimeout(DESCRIBED_MS, Promise.all(described));
  }

  /** Those that are described. They belong to the caller from now on. */
  take(key: string): readonly OpenOffer[] {
    const offers = this.#offers.get(key) ?? [];
    const described = offers.filter(({ offer }) => offer);
    this.#offers.set(
      key,
      offers.filter(({ offer }) => !offer),
    );
    return described;
  }

  async #end(key: string, offers: readonly OpenOffer[]): Promise<void> {
    await pause(KEEP_MS);
    const left = (this.#offers.get(key) ?? []).filter((each) => offers.includes(each));
    for (const each of left) each.close();
    this.#offers.set(
      key,
      (this.#offers.get(key) ?? []).filter((each) => !left.includes(each)),
    );
  }
}
