/** The one offer that waits in the room for the next newcomer (docs/protocol.md §4, §5). */

import { Link } from "../peer/link.js";
import type { LinkPorts } from "../peer/ports.js";
import { backoff, pause, within } from "../timing/backoff.js";
import type { Relay } from "../turn/relay.js";
import type { Relays } from "../turn/relays.js";
import { drawPc } from "../wire/ids.js";
import type { Envelope } from "../wire/protocol.js";
import { transient } from "./signaling.js";

const TRIES = 4;

export interface ParkingPorts {
  readonly relays: Relays;
  nextSeq(): number;
  post(envelope: Envelope): Promise<void>;
}

export class Parking {
  readonly #ports: ParkingPorts;
  #link: Link | null = null;
  #relay: Relay | null = null;

  constructor(ports: ParkingPorts) {
    this.#ports = ports;
  }

  /** Parks a new offer in place of the old one. */
  async open(): Promise<void> {
    this.close();
    const { relays } = this.#ports;
    const relay = relays.draw(undefined, false);
    this.#relay = relay;
    const patience = relays.patience();
    if (patience > 0 && !relay.grant) await within(patience, relay.ask());
    if (relay !== this.#relay) return;
    const [rtc, grant] = [relays.configuration(relay.grant), relay.grant];
    const ports = silent(this.#ports);
    const link = new Link({ pc: drawPc(), polite: true, quiet: true, rtc, grant, ports });
    this.#link = link;
    const body = await link.park();
    for (let tries = 0; body && tries < TRIES && link === this.#link; tries += 1) {
      await pause(backoff(tries));
      const seq = this.#ports.nextSeq();
      const error = await this.#ports.post({ v: 1, seq, kind: "offer", body }).catch((e) => e);
      if (!transient(error)) return;
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
    this.#relay?.close();
    this.#link = null;
    this.#relay = null;
  }
}

/** Nobody is there yet to whom it could speak. */
function silent({ nextSeq }: ParkingPorts): LinkPorts {
  const nothing = () => {};
  return {
    nextSeq,
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
