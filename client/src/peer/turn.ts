/** How one connection uses TURN: when it waits for a credential, and what it does with a new one. */
import { withTimeout } from "../timing/backoff.js";
import type { SelectedPath, TurnAccess } from "../turn/access.js";
import type { Grant, TurnCredential } from "../turn/credential.js";
import type { Description } from "../wire/protocol.js";
import { ESCALATION_MS } from "./connecting.js";
import type { Link } from "./link.js";

export class PeerTurn {
  readonly #access: TurnAccess;
  readonly #credential: TurnCredential;

  constructor(access: TurnAccess, peer: string, newcomer: boolean) {
    this.#access = access;
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

  /** For a new link: the configuration, and the grant that is in it. */
  configuration(): [RTCConfiguration, Grant | null] {
    const { grant } = this.#credential;
    return [this.#access.configuration(grant), grant];
  }

  /** The link uses the credential that we hold now, from the next gathering of candidates on. */
  configure(link: Link): void {
    link.configure(...this.configuration());
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
    return ms === 0 ? undefined : this.#bring(link, ms);
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
