/** A connection whose offer is for nobody yet: for whoever takes it (docs/protocol.md §5). */
import { Link } from "../peer/link.js";
import { Negotiator, type NegotiatorPorts } from "../peer/negotiator.js";
import type { Parked } from "../peer/peer.js";
import type { Grant } from "../turn/credential.js";
import { createPc } from "../wire/ids.js";
import type { Envelope, Offer } from "../wire/protocol.js";

export interface OpenOfferPorts {
  nextSeq(): number;
  /** It is described, with all its candidates. */
  described(offer: Envelope): void;
  /** The browser could not make it, or not describe it. */
  failed?: (() => void) | undefined;
  /** Before it is described. */
  prepare?: ((link: Link) => void) | undefined;
}

export class OpenOffer {
  /** Null until it is described, which takes 2 s at most. */
  offer: Offer | null = null;
  /** It has an owner, or was withdrawn. */
  taken = false;
  /** URLs that the browser has refused as those of ICE servers. */
  readonly refused: string[] = [];
  readonly #negotiator: Negotiator;

  /**
   * Describes itself at once. `grant`: the TURN credential whose servers are in `rtc`. `isBrought`:
   * it goes along with negotiate, where it may meet another offer.
   */
  constructor(
    rtc: RTCConfiguration,
    grant: Grant | null,
    ports: OpenOfferPorts,
    isBrought = false,
  ) {
    const refused = (url: string) => void this.refused.push(url);
    const link = new Link(rtc, grant, { refused });
    if (isBrought) link.givesWay();
    if (!link.broken) ports.prepare?.(link);
    const setup = { pc: createPc(), polite: true, phase: "waiting", link } as const;
    this.#negotiator = new Negotiator(setup, this.#negotiatorPorts(ports, link));
    this.#negotiator.dispatch({ type: "park" });
  }

  /** The connection, which belongs to the caller from now on. Null if it is not described. */
  take(): Parked | null {
    const { link, state } = this.#negotiator;
    if (state.phase !== "parked") return null;
    this.#negotiator.end();
    this.taken = true;
    return { link, pc: state.pc };
  }

  close(): void {
    this.taken = true;
    this.#negotiator.dispatch({ type: "close" });
  }

  /** Nobody is there yet to whom it could speak: only the offer itself is sent. */
  #negotiatorPorts(ports: OpenOfferPorts, link: Link): NegotiatorPorts {
    const { nextSeq, described } = ports;
    const send = (envelope: Envelope) => {
      if (envelope.kind !== "offer") return;
      this.offer = { seq: envelope.seq, body: envelope.body };
      described(envelope);
    };
    return {
      signaling: { nextSeq, send, post: () => Promise.resolve(0), doubt: () => {} },
      bring: false,
      get network() {
        const { found } = link.network;
        return found === "open" ? null : found;
      },
      prepare: () => undefined,
      before: () => {},
      // The next two are not asked for: whoever owns it makes a new one in its place.
      open: () => null,
      adopt: () => link,
      release: () => {},
      replaced: (old) => old.close(),
      close: (link) => link.close(),
      report: () => ports.failed?.(),
    };
  }
}
