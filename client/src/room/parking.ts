/** The one offer that waits in the room for the next newcomer (docs/protocol.md §4, §5). */
import { Link, type LinkPorts } from "../peer/link.js";
import { Negotiator, type NegotiatorPorts } from "../peer/negotiator.js";
import type { Parked } from "../peer/peer.js";
import { withTimeout } from "../timing/backoff.js";
import type { TurnAccess } from "../turn/access.js";
import type { TurnCredential } from "../turn/credential.js";
import { createPc } from "../wire/ids.js";
import type { Envelope } from "../wire/protocol.js";
import type { SignalingChannel } from "../wire/signaling-channel.js";

/** Signaling, as far as it carries offers that wait. */
export interface ParkingChannel extends SignalingChannel {
  /** Lays the offer at every stamp, also at those that we come to later; it never rejects. */
  park(offer: Envelope): void;
  /** It is taken or withdrawn: it goes to no other stamp. */
  unpark(): void;
}

export interface ParkingPorts {
  readonly turn: TurnAccess;
  readonly signaling: ParkingChannel;
}

export class Parking {
  readonly #ports: ParkingPorts;
  #negotiator: Negotiator | null = null;
  #credential: TurnCredential | null = null;
  /** An offer is parked, or about to be. */
  active = false;

  constructor(ports: ParkingPorts) {
    this.#ports = ports;
  }

  /** Parks a new offer in place of the old one. It never rejects. */
  async open(): Promise<void> {
    this.close();
    this.active = true;
    const { turn } = this.#ports;
    const credential = turn.createCredential(undefined, false);
    this.#credential = credential;
    const waitMs = turn.waitMs();
    if (waitMs > 0 && !credential.grant) await withTimeout(waitMs, credential.request());
    if (credential !== this.#credential) return;
    const { grant } = credential;
    const link = new Link(turn.configuration(grant), grant, SILENT);
    const setup = { pc: createPc(), polite: true, phase: "waiting", link } as const;
    this.#negotiator = new Negotiator(setup, this.#negotiatorPorts());
    this.#negotiator.dispatch({ type: "park" });
  }

  /** The parked connection, if `pc` names it: somebody has answered. It is given once. */
  take(pc: string): Parked | null {
    const negotiator = this.#negotiator;
    if (negotiator?.state.phase !== "parked" || negotiator.state.pc !== pc) return null;
    negotiator.end();
    this.active = false;
    this.#ports.signaling.unpark();
    this.#negotiator = null;
    return { link: negotiator.link, pc };
  }

  /** Withdraws the offer. */
  close(): void {
    this.active = false;
    if (this.#negotiator) this.#ports.signaling.unpark();
    this.#negotiator?.dispatch({ type: "close" });
    this.#credential?.close();
    this.#negotiator = null;
    this.#credential = null;
  }

  /** Nobody is there yet to whom it could speak: only the offer itself is sent. */
  #negotiatorPorts(): NegotiatorPorts {
    const { signaling } = this.#ports;
    return {
      signaling: {
        nextSeq: () => signaling.nextSeq(),
        post: (envelope) => signaling.post(envelope),
        send: (offer) => signaling.park(offer),
      },
      bring: false,
      prepare: () => undefined,
      before: () => {},
      // The next two are not asked for: `open` above makes a new offer in place of the old one.
      open: () => new Link({}, null, SILENT),
      adopt: () => new Link({}, null, SILENT),
      release: () => {},
      replaced: (old) => old.close(),
      close: (link) => link.close(),
      report: () => {},
    };
  }
}

const nothing = () => {};
const SILENT: LinkPorts = {
  needed: nothing,
  gathered: nothing,
  stable: nothing,
  changed: nothing,
  received: nothing,
  track: nothing,
};
