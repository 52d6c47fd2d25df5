/** The one offer that waits in the room for the next newcomer (docs/protocol.md §4, §5). */
import type { Parked } from "../peer/peer.js";
import { withTimeout } from "../timing/backoff.js";
import type { TurnAccess } from "../turn/access.js";
import type { TurnCredential } from "../turn/credential.js";
import type { Envelope, Offer } from "../wire/protocol.js";
import { OpenOffer } from "./open-offer.js";

/** Signaling, as far as it carries offers that wait. */
export interface ParkingChannel {
  nextSeq(): number;
  /** Lays the offer at every stamp, also at those that we come to later; it never rejects. */
  park(offer: Envelope): void;
  /** The same of an offer that went along with negotiate: a stamp that keeps it has it already. */
  brought(offer: Envelope): void;
  /** It is taken or withdrawn: it goes to no other stamp. */
  unpark(): void;
}

export interface ParkingPorts {
  readonly turn: TurnAccess;
  readonly signaling: ParkingChannel;
}

export class Parking {
  readonly #ports: ParkingPorts;
  #offer: OpenOffer | null = null;
  #credential: TurnCredential | null = null;
  #isBrought = false;
  /** An offer is parked, or about to be. */
  active = false;

  /** `brought`: went along with negotiate, and waits if `settle` does not say otherwise. */
  constructor(ports: ParkingPorts, brought: OpenOffer | null = null) {
    this.#ports = ports;
    if (!brought?.offer) return;
    this.#offer = brought;
    this.#isBrought = this.active = true;
    ports.signaling.brought({ v: 1, kind: "offer", ...brought.offer });
  }

  /** Parks a new offer in place of the old one. It never rejects. */
  async open(): Promise<void> {
    this.close();
    this.active = true;
    const { turn, signaling } = this.#ports;
    const credential = turn.createCredential(undefined, false);
    this.#credential = credential;
    const waitMs = turn.waitMs();
    if (waitMs > 0 && !credential.grant) await withTimeout(waitMs, credential.request());
    if (credential !== this.#credential) return;
    const { grant } = credential;
    this.#offer = new OpenOffer(turn.configuration(grant), grant, {
      nextSeq: () => signaling.nextSeq(),
      described: (offer) => signaling.park(offer),
    });
  }

  /** The parked connection, if `pc` names it: somebody has answered. It is given once. */
  take(pc: string): Parked | null {
    return this.#offer?.offer?.body.pc === pc ? this.#take() : null;
  }

  /** The offer that went along with negotiate, if it still waits: it was sent to a member. */
  takeBrought(): (Parked & { offer: Offer }) | null {
    const offer = this.#isBrought ? this.#offer?.offer : null;
    const parked = offer ? this.#take() : null;
    return offer && parked ? { ...parked, offer } : null;
  }

  /** Negotiate has answered that the offer of this seq waits, or none. */
  settle(parked: number | undefined): void {
    if (this.#isBrought && this.#offer?.offer?.seq !== parked) this.close();
  }

  /** Withdraws the offer. */
  close(): void {
    this.active = this.#isBrought = false;
    if (this.#offer) this.#ports.signaling.unpark();
    this.#offer?.close();
    this.#credential?.close();
    this.#offer = null;
    this.#credential = null;
  }

  #take(): Parked | null {
    const parked = this.#offer?.take() ?? null;
    if (!parked) return null;
    this.active = this.#isBrought = false;
    this.#ports.signaling.unpark();
    this.#offer = null;
    return parked;
  }
}
