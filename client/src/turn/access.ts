/** Whether and when a connection gets TURN: the room's policy, and the ICE servers that follow. */
import type { TurnPolicy } from "../types.js";
import type { Admission, Description, Network, TurnAnswer } from "../wire/protocol.js";
import { type Grant, TurnCredential, toGrant } from "./credential.js";
import type { TurnMemory } from "./memory.js";

const MUST_HAVE_MS = 3_000; // a description waits so long for a relay without which it is of no use

/** The path that ICE selected (RFC 8445 §8.1.1). */
export interface SelectedPath {
  /** `relayed` if the candidate of either side is one of a TURN server. */
  path: "direct" | "relayed";
  /** The candidate of this side is one of a TURN server. */
  ours: boolean;
  /** Our relay is reached by TCP or TLS: the browser found no way for UDP (RFC 8656 §3.1). */
  overTcp: boolean;
}

/** What the room knows about TURN. */
export interface TurnAccessPorts {
  /** What the application says about its connections. */
  readonly rtc: RTCConfiguration;
  readonly memory: TurnMemory;
  /** Requests a credential for the connection to `to`, or for the parked offer. */
  fetch(to: string | undefined, signal: AbortSignal): Promise<TurnAnswer>;
}

/** One for each room: hands out credentials and configurations for its connections. */
export class TurnAccess {
  readonly #ports: TurnAccessPorts;
  #policy: TurnPolicy = "off";
  #iceServers: RTCIceServer[] = [];
  #eager: Grant | null = null;
  /** What the room's relays are meant to carry for one of us in ten minutes; null if that is not said. */
  relayBytes: number | null = null;

  constructor(ports: TurnAccessPorts) {
    this.#ports = ports;
  }

  /**
   * Takes over what negotiate answered. With the policy `eager` its ICE servers hold a credential
   * that expires, so that one is for the members whom we meet now; the others get the STUN servers.
   */
  admitted({ iceServers, turn, turnTtl, relayBytes, tookMs = 0 }: Admission): void {
    this.#policy = turn;
    this.relayBytes = relayBytes ?? null;
    const withTurn = turnTtl !== undefined;
    this.#iceServers = withTurn ? iceServers.map(withoutTurn).filter(hasUrls) : iceServers;
    const askedAt = performance.now() - tookMs;
    this.#eager = withTurn && this.allowed ? toGrant(iceServers, turnTtl, askedAt) : null;
  }

  /** May we request TURN? Not if the application brings ICE servers of its own. */
  get allowed(): boolean {
    return this.#policy !== "off" && this.#ports.rtc.iceServers === undefined;
  }

  /**
   * For `new RTCPeerConnection`: the ICE servers of `grant`, or ours, under the application's own.
   * `network`: only the ways to a relay that it lets through.
   */
  configuration(grant: Grant | null, network: Network | null): RTCConfiguration {
    const granted = grant && reachable(grant.iceServers, network);
    return { iceServers: granted ?? this.#iceServers, ...this.#ports.rtc };
  }

  /**
   * The credential for the connection to the peer `to`, or for the offer that we park. With the
   * policy `eager` only the newcomer of a pair starts with one.
   */
  createCredential(to: string | undefined, newcomer: boolean): TurnCredential {
    const eager = newcomer || this.#relayOnly ? this.#eager : null;
    return new TurnCredential((signal) => this.#ports.fetch(to, signal), eager);
  }

  /** ms that our description should wait for a credential; `offer`: the one that we answer. */
  waitMs(offer?: Description): number {
    return this.allowed && (offer?.relay || this.#relayOnly) ? MUST_HAVE_MS : 0;
  }

  /** Our network: what a connection has found out, else what we remember. */
  network(found: Network | "open" | null): Network | null {
    return found === "open" ? null : (found ?? this.#ports.memory.network);
  }

  /** Our network has needed a relay within ten minutes. */
  get needsRelay(): boolean {
    return this.#ports.memory.network !== null;
  }

  /** ICE has selected this path: remember whether the network needs TURN. */
  selected({ path, ours, overTcp }: SelectedPath): void {
    // With a forced relay the path says nothing about the network.
    if (!this.allowed || this.#relayOnly) return;
    if (ours) this.#ports.memory.rememberNeeded(overTcp ? "udpBlocked" : "udp");
    else if (path === "direct") this.#ports.memory.forget();
  }

  get #relayOnly(): boolean {
    return this.#ports.rtc.iceTransportPolicy === "relay";
  }
}

function withoutTurn(server: RTCIceServer): RTCIceServer {
  return keeping(server, (url) => !isTurn(url));
}

/**
 * A browser tries every way to every candidate of the other side, one in 50 ms: those to relays of
 * which nothing can come, or which are no better than others, hold up the one that connects.
 */
function reachable(servers: RTCIceServer[], network: Network | null): RTCIceServer[] {
  if (network === null) return servers;
  const isUdp = (url: string) => /^turn:(?!.*[?&]transport=tcp)/i.test(url);
  const fits = (url: string) => !isTurn(url) || isUdp(url) === (network !== "udp-blocked");
  const kept = servers.map((server) => keeping(server, fits)).filter(hasUrls);
  return kept.some(({ urls }) => [urls].flat().some(isTurn)) ? kept : servers;
}

function isTurn(url: string): boolean {
  return /^turns?:/i.test(url);
}

function keeping(server: RTCIceServer, fits: (url: string) => boolean): RTCIceServer {
  return { ...server, urls: [server.urls].flat().filter(fits) };
}

function hasUrls({ urls }: RTCIceServer): boolean {
  return urls.length > 0;
}
