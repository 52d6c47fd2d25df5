/** The one offer that waits in the room for the next newcomer (docs/protocol.md §4, §5). */

import { isTransient } from "../errors.js";
import { Link } from "../peer/link.js";
import type { LinkPorts } from "../peer/ports.js";
import { backoff, pause, withTimeout } from "../timing/backoff.js";
import type { TurnAccess } from "../turn/access.js";
import type { TurnCredential } from "../turn/credential.js";
import { createPc } from "../wire/ids.js";
import type { SignalingChannel } from "../wire/signaling-channel.js";

const TRIES = 4;

export interface ParkingPorts {
  readonly turn: TurnAccess;
  readonly signaling: SignalingChannel;
}

export class Parking {
  readonly #ports: ParkingPorts;
  #link: Link | null = null;
  #credential: TurnCredential | null = null;

  constructor(ports: ParkingPorts) {
    this.#ports = ports;
  }

  /** Parks a new offer in place of the old one. */
  async open(): Promise<void> {
    this.close();
    const { turn } = this.#ports;
    const credential = turn.createCredential(undefined, false);
    this.#credential = credential;
    const waitMs = turn.waitMs();
    if (waitMs > 0 && !credential.grant) await withTimeout(waitMs, credential.request());
    if (credential !== this.#credential) return;
    const [rtc, grant] = [turn.configuration(credential.grant), credential.grant];
    const ports = silent(this.#ports);
    const link = new Link({ pc: createPc(), polite: true, quiet: true, rtc, grant, ports });
    this.#link = link;
    const body = await link.park();
    for (let tries = 0; body && tries < TRIES && link === this.#link; tries += 1) {
      await pause(backoff(tries));
      const seq = this.#ports.signaling.nextSeq();
      const error = await this.#ports.signaling
        .post({ v: 1, seq, kind: "offer", body })
        .catch((e) => e);
      if (!isTransient(error)) return;
    }
  }

  /** The link, if `pc` names it: somebody has answered. */
  take(pc: string): Link | null {
    const link = this.#link;
    if (link?.pc !== pc) return null;
    this.#link = null;
    return link;
  }

  close(): void {
    this.#link?.close();
    this.#credential?.close();
    this.#link = null;
    this.#credential = null;
  }
}

/** Nobody is there yet to whom it could speak. */
function silent({ signaling }: ParkingPorts): LinkPorts {
  const nothing = () => {};
  return {
    nextSeq: () => signaling.nextSeq(),
    bring: false,
    ready: () => undefined,
    described: nothing,
    post: nothing,
    received: nothing,
    changed: nothing,
    failed: nothing,
    track: nothing,
  };
}
