/** The room's rule about relays, what this network has taught us, and the ICE servers that follow. */

import type { Found } from "../peer/path.js";
import type { TurnPolicy } from "../types.js";
import type { Admission, Description, TurnAnswer } from "../wire/protocol.js";
import type { Network } from "./network.js";
import { type Grant, granted, Relay } from "./relay.js";

const START = 1_000; // ms that a first description waits for a relay that it may need
const BRING = 3_000; // ms that a description waits for a relay without which it is of no use

export interface RelaysPorts {
  /** What the application says about its connections. */
  readonly rtc: RTCConfiguration;
  readonly network: Network;
  turn(to: string | undefined, signal: AbortSignal): Promise<TurnAnswer>;
}

export class Relays {
  readonly #ports: RelaysPorts;
  #policy: TurnPolicy = "off";
  #iceServers: RTCIceServer[] = [];
  #eager: Grant | null = null;

  constructor(ports: RelaysPorts) {
    this.#ports = ports;
  }

  /** What negotiate answered. A relay in it has an end, so it is for those whom we meet now. */
  admitted({ iceServers, turn, turnExpiresAt }: Admission): void {
    this.#policy = turn;
    const relayed = turnExpiresAt !== undefined;
    this.#iceServers = relayed ? iceServers.map(withoutRelay).filter(named) : iceServers;
    this.#eager = relayed && this.allowed ? granted(iceServers, turnExpiresAt) : null;
  }

  /** Whoever brings ICE servers of their own wants none of ours. */
  get allowed(): boolean {
    return this.#policy !== "off" && this.#ports.rtc.iceServers === undefined;
  }

  configuration(grant: Grant | null): RTCConfiguration {
    return { iceServers: grant?.iceServers ?? this.#iceServers, ...this.#ports.rtc };
  }

  /** For the connection to a peer, or for the offer that we park; only a newcomer brings one along. */
  draw(to: string | undefined, newcomer: boolean): Relay {
    const eager = newcomer || this.#relayOnly ? this.#eager : null;
    return new Relay((signal) => this.#ports.turn(to, signal), eager);
  }

  /** How long, in ms, a description should wait for a relay: our own, or our answer to `offer`. */
  patience(offer?: Description): number {
    if (!this.allowed) return 0;
    if (offer?.relay || this.#relayOnly) return BRING;
    // Theirs is enough.
    return this.#ports.network.needsRelay && !(offer && bringsRelay(offer)) ? START : 0;
  }

  found({ path, ours }: Found): void {
    if (!this.allowed || this.#relayOnly) return; // that says nothing of the network
    if (ours) this.#ports.network.relayed();
    else if (path === "direct") this.#ports.network.direct();
  }

  get #relayOnly(): boolean {
    return this.#ports.rtc.iceTransportPolicy === "relay";
  }
}

function withoutRelay(server: RTCIceServer): RTCIceServer {
  return { ...server, urls: [server.urls].flat().filter((url) => !/^turns?:/i.test(url)) };
}

function named({ urls }: RTCIceServer): boolean {
  return urls.length > 0;
}

function bringsRelay({ sdp, candidates = [] }: Description): boolean {
  const relay = / typ relay\b/;
  return relay.test(sdp) || candidates.some(({ candidate }) => relay.test(candidate));
}
