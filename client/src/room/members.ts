/**
 * The other members: who is there, who is absent, and what they say.
 *
 * What the stamps say of a member becomes one word (stamps/presence.ts):
 *
 * | We learn of a member | If it is unknown | If its connection works | If it does not |
 * |---|---|---|---|
 * | `here`, by a list that negotiate answered | meet it, and offer | present | present; try to connect again |
 * | `here`, by `joined` | meet it, and wait for its offer | present | present; try to connect again |
 * | `here`, `fresh` | – | repeat our messages | repeat our messages |
 * | `absent` | – | absent | absent; expired in 30 s |
 * | `here`, `receives` | – | texts and data it has not acknowledged are due | the same |
 * | `absent`, `expired` | – | absent | expired |
 * | `gone`, or its `bye` | – | gone: `peer-left` | gone: `peer-left` |
 * | a message from it | meet it | – | – |
 * | its connection breaks while it is absent | – | – | expired in 30 s |
 *
 * Whom no list names is met only while there are less than 64: two stamps that do not hear of each
 * other can let in twice as many as a room takes (docs/protocol.md §7). What others say counts as
 * lost: it comes again.
 *
 * A member can make us open 10 connections in any minute. A message that names another pair (`pc`)
 * replaces its connection, and so does leaving and coming back. An honest pair needs
 *
 * | Why | Connections in a minute |
 * |---|---|
 * | its page is loaded again by somebody impatient | 3 or 4 |
 * | two stamps have paired its offers in two ways | 2 |
 * | a relay is needed on one side, then on both | 2 |
 * | restarts of ICE did not help | 2 |
 *
 * and what asks for more counts as lost too. Browsers make some 500 connections for a page.
 *
 * When the last one is gone, we park an offer for the next newcomer (docs/protocol.md §5); 2 s later,
 * if it has hung up: mostly we do so too.
 */
import { BoundedMap } from "../collections/bounded-map.js";
import type { FilesDoor } from "../files/door.js";
import type { MediaDoor } from "../media/door.js";
import { isOffer, judge } from "../peer/pairs.js";
import { type PeerPorts, type Profile, RemotePeer, type Start } from "../peer/peer.js";
import type { Reports } from "../report/reports.js";
import type { Change } from "../stamps/presence-types.js";
import type { TurnAccess } from "../turn/access.js";
import type { LeftReason, RoomEvents, Via } from "../types.js";
import {
  type Ack,
  type Admission,
  type ByeReason,
  type Envelope,
  FOLLOW_MS,
  type GivenOffer,
  type Listed,
  type Negotiation,
  type Talk,
} from "../wire/protocol.js";
import type { PeerChannel } from "../wire/signaling-channel.js";
import { Absences } from "./absences.js";
import { Held } from "./held.js";
import { Inbox } from "./inbox.js";
import type { OpenOffer } from "./open-offer.js";
import { Parking, type ParkingChannel } from "./parking.js";
import type { Listing, Received, Said } from "./signaling.js";

const IN_FLIGHT_MS = 250; // what is under way has had its effect by then
const STRANGER: Profile = { name: "", role: "guest" };
const MAX_MEMBERS = 64;
const MINUTE_MS = 60_000;
const MAX_PER_MINUTE = 10;

type PairedOffer = GivenOffer & { readonly answered: number };
type Here = Extract<Change, { type: "here" }>;
type Source = Pick<Received, "stamp" | "from" | "seq">;

/** What the members ask of the room. */
export interface MembersPorts {
  /** Our own peer id. */
  readonly self: string;
  readonly turn: TurnAccess;
  readonly reports: Reports;
  readonly signaling: MembersChannel;
  /** Their offers went along with the joining. */
  readonly brought?: readonly OpenOffer[];
  /** Calls them when they are loaded. */
  deliveries(call: (to: Receipts) => void): void;
  readonly files: Pick<FilesDoor, "opened" | "received" | "gone">;
  readonly media: Pick<MediaDoor, "prepare" | "park" | "opened" | "received" | "gone">;
  emit<K extends keyof RoomEvents>(event: K, value: RoomEvents[K]): void;
  /** Who is here, or how it is connected, has changed. */
  changed(): void;
}

/** Signaling, as the members use it. */
export interface MembersChannel extends PeerChannel, ParkingChannel {
  /** A message of somebody unknown has come. False if that stamp's word does not count now. */
  heard(stamp: number, peer: string): boolean;
  /** The member was dropped. */
  forgotten(peer: string, reason: LeftReason): void;
  /** When the newest page of the member began; -1 if it is unknown. */
  visitOf(peer: string): number;
}

/** Texts and data are acknowledged, by us and to us. */
export interface Receipts {
  /** A text or data has come, for the first time or again. */
  received(from: string, seq: number): void;
  acked(from: string, ack: Ack): void;
  /** It can be reached again, or in another way. */
  returned(peer: string): void;
  left(peer: string): void;
}

/** Who says something, and how it came. */
interface Origin {
  from: RemotePeer;
  via: Via;
  broadcast: boolean;
}

/** All other members of the room, each with its connection. */
export class Members {
  readonly peers = new Map<string, RemotePeer>();
  readonly #ports: MembersPorts;
  readonly #peerPorts: PeerPorts;
  readonly #inbox = new Inbox();
  readonly #held = new Held();
  readonly #parking: Parking;
  readonly #absences = new Absences();
  /** By member: the seq of its parked offer that we have taken. */
  readonly #offers = new BoundedMap<string, number>(MAX_MEMBERS);
  /** By member: when its connections of the last minute were made. */
  readonly #made = new BoundedMap<string, readonly number[]>(MAX_MEMBERS);
  readonly #refused = new Set<string>();
  #hungUp = false;
  #following: ReturnType<typeof setTimeout> | undefined; // until an offer is parked
  #isSettled = false; // a stamp has said what became of the offers that we brought
  #closed = false;

  constructor(ports: MembersPorts) {
    this.#ports = ports;
    const { turn, reports, signaling, media } = ports;
    const refused = (url: string) => this.#serverRefused(url);
    this.#parking = new Parking({ turn, signaling, media, refused }, ports.brought);
    this.#peerPorts = {
      self: ports.self,
      turn,
      reports,
      signaling,
      heard: (peer, envelope) => this.#receivedInBand(peer, envelope),
      updated: (peer) => this.#updated(peer),
      connection: (peer) => ports.emit("connection", { peer, connection: peer.connection }),
      track: (peer, { track, streams }) => ports.emit("track", { peer, track, streams }),
      media: ports.media,
      file: (peer, data) => ports.files.received(peer, data),
      filesChanged: (peer) => ports.files.opened(peer),
      failed: (code, message) => ports.emit("error", { code, message }),
      mayConnect: (peer) => this.#mayConnect(peer, true),
      refused,
    };
  }

  /** Does any peer-to-peer connection work? */
  get anyUp(): boolean {
    return [...this.peers.values()].some((peer) => peer.up);
  }

  /** Those who are listed and have no connection. */
  get waiting(): string[] {
    return [...this.peers.values()].filter(({ up, absent }) => !up && !absent).map(({ id }) => id);
  }

  /** Nobody is here since somebody left by its own will. */
  get hungUp(): boolean {
    return this.#hungUp && this.peers.size === 0;
  }

  /** A stamp has admitted us. */
  admitted(admission: Admission): void {
    this.#ports.turn.admitted(admission);
  }

  /**
   * Takes what the stamps say together. `list`: if that changed by an answer of negotiate. `said`: a
   * signal of that member, which follows.
   */
  changed(changes: readonly Change[], list?: Listing, said?: Said): void {
    for (const change of changes) {
      switch (change.type) {
        case "here":
          this.#here(change, list?.admission, said);
          break;
        case "absent":
          this.#absent(change.peer, change.expired);
          break;
        case "gone":
          this.#gone(change.peer, change.reason);
          break;
        case "renamed":
          this.peers.get(change.peer)?.rename(change.profile);
      }
    }
    if (!list) return;
    for (const listed of list.admission.peers) this.#offered(listed);
    if (!this.#isSettled) this.#parking.settle(list.admission.parked);
    this.#isSettled = true;
    this.#parkIfAlone(list.isComeback);
  }

  /**
   * Our socket is open. While it was not, we may have missed that others could receive again, so
   * repeat what has had no effect yet.
   */
  opened(): void {
    setTimeout(() => {
      for (const peer of this.peers.values()) peer.repeat();
    }, IN_FLIGHT_MS);
  }

  /** Our network is another one: no connection waits until it is missed. */
  networkChanged(): void {
    for (const peer of this.peers.values()) peer.networkChanged();
  }

  /** Says that we leave, to everyone whose channel is open. Who has heard it, after half a second. */
  async bye(envelope: Envelope): Promise<string[]> {
    const peers = [...this.peers.values()];
    const heard = await Promise.all(peers.map((peer) => peer.sayBye(envelope)));
    return peers.flatMap(({ id }, place) => (heard[place] ? [id] : []));
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#following);
    this.#absences.endAll();
    for (const peer of this.peers.values()) peer.close();
    this.peers.clear();
    this.#parking.close();
  }

  /** Through the servers; they vouch for the sender. */
  received({ stamp, from, seq, message, broadcast }: Received): void {
    if (!this.peers.has(from) && !this.#mayMeet(from)) return;
    if (message.kind === "text" || message.kind === "data") {
      this.#ports.deliveries((to) => to.received(from, seq));
    }
    if (!this.#inbox.accepts(from, seq, message.kind)) return;
    switch (message.kind) {
      case "ack":
        this.#ports.deliveries((to) => to.acked(from, message));
        break;
      case "text":
      case "data":
      case "bye": {
        const peer = this.peers.get(from) ?? this.#meetSender(stamp, from, "wait");
        this.#deliver({ from: peer, via: "server", broadcast }, message);
        break;
      }
      case "media": // it goes in the channel only
        break;
      default:
        this.#negotiate({ stamp, from, seq }, message);
    }
  }

  #negotiate({ stamp, from, seq }: Source, message: Negotiation): void {
    const known = this.peers.get(from);
    const given = pairIn({ seq, message });
    if (given) {
      this.#pair(from, given, true, (start) => this.#meetSender(stamp, from, start));
      return;
    }
    const parked = message.kind === "answer" ? this.#parking.take(message.body.pc) : null;
    if (message.kind === "answer" && parked) {
      const peer = known ?? this.#meetSender(stamp, from, parked);
      peer.adopt(parked, seq, message.body);
    } else if (known) {
      known.receive(seq, message);
    } else if (message.kind === "candidates") {
      this.#held.put(from, message.body);
    } else {
      // An answer or restart of what we do not have: they want a connection, so we offer one.
      const start = message.kind === "offer" ? "wait" : "offer";
      this.#meetSender(stamp, from, start).receive(seq, message);
    }
  }

  /** Through the channel of a peer. */
  #receivedInBand(from: RemotePeer, { seq, to, ...message }: Envelope & Talk): void {
    if (message.kind === "ack") {
      this.#ports.deliveries((to) => to.acked(from.id, message));
      return;
    }
    if (message.kind === "text" || message.kind === "data") {
      this.#ports.deliveries((to) => to.received(from.id, seq));
    }
    if (!this.#inbox.accepts(from.id, seq, message.kind)) return;
    const broadcast = to === undefined;
    this.#deliver({ from, via: "p2p", broadcast }, message as Exclude<Talk, Ack>);
  }

  #deliver({ from, via, broadcast }: Origin, message: Exclude<Talk, Ack>): void {
    switch (message.kind) {
      case "text":
        this.#ports.emit("text", { from, text: message.body.text, via, broadcast });
        break;
      case "data":
        this.#ports.emit("data", { from, data: message.body, via, broadcast });
        break;
      case "bye":
        this.#hungUp = message.body.reason === ("left" satisfies ByeReason);
        this.#gone(from.id, "left");
        this.#ports.signaling.forgotten(from.id, "left");
    }
  }

  /** `admission`: we were admitted to the room, and it was listed there. */
  #meet(id: string, profile: Profile, start: Start, admission?: Admission): RemotePeer {
    const meeting = { id, profile, start, newcomer: admission !== undefined };
    const peer = new RemotePeer({ ...meeting, admitMs: admission?.tookMs }, this.#peerPorts);
    this.peers.set(id, peer);
    this.#hungUp = false;
    clearTimeout(this.#following);
    this.#inbox.returned(id);
    this.#ports.emit("peer-joined", { peer });
    this.#ports.changed();
    for (const body of this.#held.take(id)) peer.receive(-1, { kind: "candidates", body });
    if (start === "offer") peer.announce();
    return peer;
  }

  /** The servers vouch for the sender of a message; their word on who it is is on its way. */
  #meetSender(stamp: number, id: string, start: Start): RemotePeer {
    const isKnown = this.#ports.signaling.heard(stamp, id);
    const peer = this.#meet(id, STRANGER, start);
    if (!isKnown) {
      peer.absent = true;
      this.#watch(peer);
    }
    return peer;
  }

  /** Though no list names it. */
  #mayMeet(id: string): boolean {
    return this.peers.size < MAX_MEMBERS && this.#mayConnect(id, false);
  }

  /** `takes`: and it does. */
  #mayConnect(id: string, takes: boolean): boolean {
    const now = performance.now();
    const recent = (this.#made.get(id) ?? []).filter((at) => at > now - MINUTE_MS);
    const isFree = recent.length < MAX_PER_MINUTE;
    this.#made.set(id, isFree && takes ? [...recent, now] : recent);
    return isFree;
  }

  /** Told once. */
  #serverRefused(url: string): void {
    if (this.#refused.has(url)) return;
    this.#refused.add(url);
    const message = `This browser refuses ${url}: it is left out.`;
    this.#ports.emit("error", { code: "ice_server_refused", message });
  }

  #here(change: Here, admission?: Admission, said?: Said): void {
    const { peer: id, profile, fresh, receives } = change;
    this.#inbox.returned(id);
    this.#absences.end(id);
    const known = this.peers.get(id);
    if (!known) {
      const offer = admission?.peers.find(({ peer }) => peer === id)?.offer;
      const given = offer ?? pairIn(said); // then it needs no connection but that of the pair
      const meet = (start: Start) => this.#meet(id, profile, start, admission);
      if (isPaired(given)) this.#pair(id, given, !admission, meet);
      else meet(admission && !offer ? "offer" : "wait");
      return;
    }
    known.meet(profile);
    if (fresh) known.repeat();
    if (receives) this.#ports.deliveries((to) => to.returned(id));
    known.revive();
  }

  /**
   * An offer of ours and theirs are a pair, says a stamp or the member. `isTold`: the member knows it.
   * `meet`: if it is unknown.
   */
  #pair(
    id: string,
    theirs: PairedOffer,
    isTold: boolean,
    meet: (start: Start) => RemotePeer,
  ): void {
    const known = this.peers.get(id);
    const before = known?.before ?? "new";
    const ours = this.#parking.find(theirs.answered);
    const last = typeof before === "object" && before.offers;
    const offers = ours ? isOffer(this.#ports.self, id, ours, theirs) : last;
    const pair = { ours: theirs.answered, theirs: theirs.seq, offers };
    const verdict = judge(pair, before, ours !== null);
    const parked = verdict === "use" ? this.#parking.takeSent(theirs.answered) : null;
    if (parked) {
      const { pc } = (offers ? parked.offer : theirs).body;
      this.#offers.set(id, theirs.seq);
      (known ?? meet({ ...parked, pc })).pair(parked, theirs, offers, isTold);
    } else if (verdict !== "ignore") {
      if (known) known.offerInstead();
      else meet("offer");
    }
  }

  /** The offer that a member has parked, given to us by this list; it may lie in another one too. */
  #offered({ peer: id, visit, offer }: Listed): void {
    const peer = this.peers.get(id);
    const isOld = visit < this.#ports.signaling.visitOf(id); // of a page that is gone
    if (!offer || !peer || peer.up || isOld) return;
    if (isPaired(offer)) {
      this.#pair(id, offer, false, () => peer);
      return;
    }
    if (typeof peer.before === "object") return; // we are a pair already, at another stamp
    if (this.#offers.get(id) === offer.seq) return;
    this.#offers.set(id, offer.seq);
    peer.receive(offer.seq, { kind: "offer", body: offer.body });
  }

  #absent(id: string, expired: boolean): void {
    const peer = this.peers.get(id);
    if (!peer) return;
    peer.absent = true;
    if (expired && !peer.up) this.#expired(peer);
    else this.#watch(peer);
  }

  #expired(peer: RemotePeer): void {
    this.#drop(peer, "expired");
    this.#ports.signaling.forgotten(peer.id, "expired");
  }

  #gone(id: string, reason: "left" | "kicked"): void {
    this.#inbox.departed(id);
    const peer = this.peers.get(id);
    if (peer) this.#drop(peer, reason);
  }

  #updated(peer: RemotePeer): void {
    this.#ports.emit("peer-updated", { peer });
    this.#ports.deliveries((to) => to.returned(peer.id));
    this.#watch(peer);
    this.#ports.changed();
  }

  /** An absent member whose connection does not work has 30 s to come back. */
  #watch(peer: RemotePeer): void {
    if (peer.up) this.#absences.end(peer.id);
    else if (peer.absent && !this.#closed) {
      this.#absences.start(peer.id, () => this.#expired(peer));
    }
  }

  #drop(peer: RemotePeer, reason: LeftReason): void {
    this.#absences.end(peer.id);
    if (this.peers.get(peer.id) !== peer) return;
    this.peers.delete(peer.id);
    peer.close();
    this.#ports.deliveries((to) => to.left(peer.id));
    this.#ports.files.gone(peer.id, reason);
    this.#ports.media.gone(peer.id);
    this.#ports.emit("peer-left", { peer, reason });
    this.#ports.changed();
    this.#parkIfAlone(true); // the old offer may have been given to somebody who did not answer
  }

  /** `anew`: in place of the offer that is parked already. */
  #parkIfAlone(anew: boolean): void {
    const isAlone = this.peers.size === 0 && !this.#closed;
    if (!isAlone || (!anew && this.#parking.active)) return;
    clearTimeout(this.#following);
    if (this.hungUp) this.#following = setTimeout(() => void this.#parking.open(), FOLLOW_MS);
    else void this.#parking.open();
  }
}

const isPaired = (offer?: GivenOffer): offer is PairedOffer => offer?.answered !== undefined;

/** The offer in a signal that makes a pair with one of ours. */
function pairIn(said?: Said): PairedOffer | undefined {
  const message = said?.message;
  if (message?.kind !== "offer" && message?.kind !== "answer") return undefined;
  const { body } = message;
  const { answered } = body;
  return said && answered !== undefined ? { seq: said.seq, body, answered } : undefined;
}
