/** How one connection uses TURN: when it waits for a credential, and what it does with a new one. */
import { withTimeout } from "../timing/backoff.js";
import type { SelectedPath, TurnAccess } from "../turn/access.js";
import type { Grant, TurnCredential } from "../turn/credential.js";
import { type Need, needOf } from "../turn/network.js";
import type { Description, Network } from "../wire/protocol.js";
import { ESCALATION_MS } from "./connecting.js";
import type { Link } from "./link.js";

export class PeerTurn {
  readonly #access: TurnAccess;
  readonly #credential: TurnCredential;
  readonly #isFirstTry: () => boolean;

  /** `isFirstTry`: to find a path with a relay. */
  constructor(access: TurnAccess, peer: string, newcomer: boolean, isFirstTry: () => boolean) {
    this.#access = access;
    this.#isFirstTry = isFirstTry;
    this.#credential = access.createCredential(peer, newcomer);
  }

  /** The room and the application allow it. */
  get allowed(): boolean {
    return this.#access.allowed;
  }

  /** What came of requests so far, for the report. */
  get status(): "none" | "refused" | "granted" {
    return this.#credential.status;
  }

  /** Of the newest grant, for the report. */
  get servers(): readonly RTCIceServer[] {
    return this.#credential.servers;
  }

  /** Our network, as far as this link and we know it. */
  network({ network }: Link): Network | null {
    return this.#access.network(network.found);
  }

  /** What the two networks call for. */
  need(link: Link, theirs: Network | null, polite: boolean): Need {
    return needOf(this.network(link), theirs, { polite, isKnown: this.#access.needsRelay });
  }

  /**
   * For a new link: the configuration, and the grant that is in it. With the ways to a relay that
   * our network, as `known` has seen it, lets through; with all of them when that did not help.
   */
  configuration(known?: Link): [RTCConfiguration, Grant | null] {
    const { grant } = this.#credential;
    const network = known && this.#isFirstTry() ? this.network(known) : null;
    return [this.#access.configuration(grant, network), grant];
  }

  /** The link uses the credential that we hold now, from the next gathering of candidates on. */
  configure(link: Link): void {
    link.configure(...this.configuration(link));
  }

  /** A link that was parked with this grant became the peer's. */
  adopt(grant: Grant | null): void {
    this.#credential.adopt(grant);
  }

  /** A new credential of ours is being tried by this link. */
  isFresh({ grant }: Link): boolean {
    return grant !== null && grant === this.#credential.fresh;
  }

  /**
   * Before a description, in answer to `offer` or not: who needs TURN from the start, or is asked to
   * bring it, waits for the credential. Undefined if there is nothing to wait for.
   */
  prepare(link: Link, offer: Description | null): Promise<void> | undefined {
    const ms = link.up && !offer?.relay ? 0 : this.#access.waitMs(offer ?? undefined);
    if (ms > 0) return this.#bring(link, ms);
    if (this.#credential.grant && !link.up) this.configure(link);
    return undefined;
  }

  /** A new credential for a connection that finds no path; undefined if the one we hold is new. */
  escalate(): Promise<Grant | null> | undefined {
    if (this.#credential.fresh) return undefined;
    return withTimeout(ESCALATION_MS, this.#credential.request());
  }

  /** ICE has selected this path. A credential in use is renewed in time; each time `renewed` is called. */
  selected(path: SelectedPath, link: Link, renewed: () => void): void {
    this.#access.selected(path);
    if (path.ours && link.grant) this.#credential.renewInTime(renewed);
    else this.#credential.stopRenewal();
  }

  /** The connection is down: nothing is in use. */
  unused(): void {
    this.#credential.stopRenewal();
  }

  close(): void {
    this.#credential.close();
  }

  async #bring(link: Link, ms: number): Promise<void> {
    if (!this.#credential.grant) await withTimeout(ms, this.#credential.request());
    if (link.grant !== this.#credential.grant) this.configure(link);
  }
}
