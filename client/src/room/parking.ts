/**
 * The offers that wait in the room for newcomers (docs/protocol.md §4, §5). One that the browser
 * could not make is tried again, 6 times within a minute or so; then when the next one is due.
 */
import type { MediaDoor } from "../media/door.js";
import type { ParkedOffer } from "../peer/peer.js";
import { backoff, withTimeout } from "../timing/backoff.js";
import type { TurnAccess } from "../turn/access.js";
import type { TurnCredential } from "../turn/credential.js";
import type { Envelope, Offer } from "../wire/protocol.js";
import { OpenOffer } from "./open-offer.js";

/** Signaling, as far as it carries offers that wait. */
export interface ParkingChannel {
  nextSeq(): number;
  /** Lays the offer at every stamp, also at those that we come to later; it never rejects. */
  park(offer: Envelope): void;
  /** The same of offers that went along with negotiate: a stamp that keeps one has it already. */
  brought(offers: readonly Envelope[]): void;
  /** They are taken or withdrawn: they go to no other stamp. Without a seq all of them. */
  unpark(seq?: number): void;
}

export interface ParkingPorts {
  readonly turn: TurnAccess;
  readonly signaling: ParkingChannel;
  readonly media: Pick<MediaDoor, "park">;
  /** The browser has refused this URL as that of an ICE server. */
  refused(url: string): void;
}

const RETRIES = 6;

export class Parking {
  readonly #ports: ParkingPorts;
  #offers: readonly OpenOffer[] = [];
  #credential: TurnCredential | null = null;
  #isOpening = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** `brought`: went along with negotiate, and wait if `settle` does not say otherwise. */
  constructor(ports: ParkingPorts, brought: readonly OpenOffer[] = []) {
    this.#ports = ports;
    this.#offers = brought;
    const offers = brought.flatMap(({ offer }) => (offer ? [offer] : []));
    if (brought.length === 0) return;
    ports.signaling.brought(offers.map((offer) => ({ v: 1, kind: "offer", ...offer })));
  }

  /** An offer is parked, or about to be. */
  get active(): boolean {
    return this.#isOpening || this.#offers.length > 0;
  }

  /** Parks a new offer in place of all others. It never rejects. `retries`: how often it failed. */
  async open(retries = 0): Promise<void> {
    this.close();
    this.#isOpening = true;
    const { turn, signaling } = this.#ports;
    const credential = turn.createCredential(undefined, false);
    this.#credential = credential;
    const waitMs = turn.waitMs();
    const [prepare] = await Promise.all([
      this.#ports.media.park(),
      waitMs > 0 && !credential.grant && withTimeout(waitMs, credential.request()),
    ]);
    if (credential !== this.#credential) return;
    const { grant } = credential;
    this.#isOpening = false;
    const offer = new OpenOffer(turn.configuration(grant, null), grant, {
      nextSeq: () => signaling.nextSeq(),
      described: (offer) => signaling.park(offer),
      failed: () => this.#openLater(retries + 1),
      prepare: prepare ?? undefined,
    });
    this.#offers = [offer];
    this.#tellRefused();
  }

  /** The parked connection that `pc` names: somebody has answered. It is given once. */
  take(pc: string): ParkedOffer | null {
    return this.#take(({ body }) => body.pc === pc);
  }

  /** The one whose offer has this seq, and was sent to a member. It is given once. */
  takeSent(seq: number): ParkedOffer | null {
    return this.#take((offer) => offer.seq === seq);
  }

  /** The offer of this seq, if it is in no use yet. */
  find(seq: number): Offer | null {
    return this.#offers.find(({ offer }) => offer?.seq === seq)?.offer ?? null;
  }

  /** Negotiate has answered which of the offers that went along wait. */
  settle(parked: readonly number[]): void {
    this.#tellRefused();
    for (const each of this.#offers) {
      if (each.offer && !parked.includes(each.offer.seq)) this.#remove(each).close();
    }
  }

  /** Withdraws the offers. */
  close(): void {
    this.#isOpening = false;
    clearTimeout(this.#retry);
    for (const each of this.#offers) this.#remove(each).close();
    this.#credential?.close();
    this.#credential = null;
  }

  #openLater(retries: number): void {
    if (retries > RETRIES) return;
    this.#retry = setTimeout(() => void this.open(retries), backoff(retries));
  }

  #tellRefused(): void {
    for (const url of this.#offers.flatMap(({ refused }) => refused)) this.#ports.refused(url);
  }

  #take(fits: (offer: Offer) => boolean): ParkedOffer | null {
    const found = this.#offers.find(({ offer }) => offer && fits(offer));
    const parked = found?.take();
    if (!found?.offer || !parked) return null;
    this.#remove(found);
    return { ...parked, offer: found.offer };
  }

  #remove(open: OpenOffer): OpenOffer {
    this.#offers = this.#offers.filter((each) => each !== open);
    if (open.offer) this.#ports.signaling.unpark(open.offer.seq);
    return open;
  }
}
