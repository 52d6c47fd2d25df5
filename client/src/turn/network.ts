/**
 * What our own candidates say of the network that we are in, and who of a pair needs a relay. Pure.
 *
 *     networkOf(gathering, before)
 *
 *   while STUN servers are asked                       the network
 *   no server-reflexive candidate after 500 ms         udp-blocked: no UDP comes back
 *   none at the end, and a server was not reached      udp-blocked
 *   one socket, and two ports for two STUN servers     symmetric: address-dependent mapping (RFC 4787 §4.1)
 *   one port, two or more STUN servers, none failed    open
 *   anything else                                      as before, if that was known
 *   the same, with a server-reflexive candidate        not udp-blocked any more
 *
 *     needOf(ours, theirs, polite, isKnown)
 *
 *   ours          theirs        who brings a relay                                      certain
 *   udp-blocked   udp-blocked   both: a relay sends and receives UDP (RFC 8656 §3.1)    no: one office?
 *   udp-blocked   another       we                                                      yes
 *   another       udp-blocked   they                                                    yes
 *   symmetric     symmetric     the impolite side: one relay is enough for a pair       no: one office?
 *   symmetric     another       we                                                      no: a lax router?
 *   another       symmetric     they                                                    no
 *   another       another       nobody, as far as we know
 *
 *   Certain in any case if our network has needed a relay in the last ten minutes (memory.ts).
 */
import type { Network } from "../wire/protocol.js";

/** A STUN server answers in a round trip; libwebrtc asks again after 250 ms. */
export const NO_ANSWER_MS = 500;

/** Who of a pair brings a relay. */
export type Relays = "none" | "ours" | "theirs" | "both";

/** What two networks call for. `certain`: there is no direct path. */
export interface Need {
  readonly relays: Relays;
  readonly certain: boolean;
}

/** What a connection has found out about our network. */
export type Found = Network | "open" | null;

/** How far the gathering of candidates has come. */
export interface Gathering {
  /** Our own description, with the candidates so far. */
  readonly sdp: string;
  /** How many STUN servers are asked. */
  readonly stunServers: number;
  readonly complete: boolean;
  /** A STUN server could not be reached. */
  readonly failed: boolean;
  /** Since we began. */
  readonly ms: number;
}

/** Null: we do not know. `before`: what was known. */
export function networkOf(gathering: Gathering, before: Found): Found {
  const { sdp, stunServers, complete, failed, ms } = gathering;
  if (stunServers === 0) return before;
  const sections = sdp.split(/^m=/m).map(candidatesOf);
  if (!sections.flat().some(isReflexive)) {
    return (complete ? failed : ms >= NO_ANSWER_MS) ? "udp-blocked" : before;
  }
  if (sections.some(isSymmetric)) return "symmetric";
  if (stunServers > 1 && complete && !failed) return "open";
  return before === "udp-blocked" ? null : before;
}

/** `isKnown`: in our network a relay was needed a moment ago. */
export function needOf(
  ours: Network | null,
  theirs: Network | null,
  { polite, isKnown }: { polite: boolean; isKnown: boolean },
): Need {
  const isBlocked = ours === "udp-blocked" || theirs === "udp-blocked";
  const certain = isKnown || (isBlocked && ours !== theirs);
  return { relays: relaysOf(ours, theirs, polite), certain };
}

function relaysOf(ours: Network | null, theirs: Network | null, polite: boolean): Relays {
  if (ours === theirs) {
    if (ours === "udp-blocked") return "both";
    if (ours === null) return "none";
    return polite ? "theirs" : "ours";
  }
  if (ours === "udp-blocked") return "ours";
  if (theirs === "udp-blocked") return "theirs";
  return ours === "symmetric" ? "ours" : "theirs";
}

interface Udp {
  readonly foundation: string;
  readonly address: string;
  readonly port: string;
  readonly type: string;
}

/** RFC 8839 §5.1. */
const CANDIDATE =
  /^a=candidate:(?<foundation>\S+) \d+ udp \d+ (?<address>\S+) (?<port>\d+) typ (?<type>host|srflx)\b/gim;

function candidatesOf(section: string): Udp[] {
  return [...section.matchAll(CANDIDATE)].map(({ groups }) => groups as unknown as Udp);
}

function isReflexive({ type }: Udp): boolean {
  return type === "srflx";
}

/**
 * In Chromium candidates of one socket have one foundation; in others there are more ports than
 * there are sockets. There is one where all host candidates are kept from us. Each media section has
 * its own, until an answer has bundled them (W3C WebRTC §4.2.4).
 */
function isSymmetric(section: readonly Udp[]): boolean {
  const reflexive = section.filter(isReflexive);
  const sockets = Math.max(1, section.length - reflexive.length);
  const foundations = ports(reflexive, ({ foundation, address }) => `${foundation} ${address}`);
  return (
    foundations.some((count) => count > 1) ||
    ports(reflexive, ({ address }) => address).some((count) => count > sockets)
  );
}

/** How many different ports there are in each group. */
function ports(candidates: readonly Udp[], group: (candidate: Udp) => string): number[] {
  const found = new Map<string, Set<string>>();
  for (const each of candidates) {
    const key = group(each);
    found.set(key, (found.get(key) ?? new Set()).add(each.port));
  }
  return [...found.values()].map((set) => set.size);
}
