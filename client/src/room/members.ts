/**
 * The other members: who is there, who is absent, and what they say.
 *
 * | What we learn of a member | If it is unknown | If its connection works | If it does not |
 * |---|---|---|---|
 * | listed by negotiate | meet it, and offer | present | present; try to connect again |
 * | `joined` | meet it, and wait for its offer | present | present; repeat our messages, try again |
 * | `disconnected` | – | absent | absent; expired in 30 s |
 * | not listed any more, or `left: expired` | – | absent | gone: `peer-left` with `expired` |
 * | `left: left`, `left: kicked`, or its `bye` | – | gone: `peer-left` | gone: `peer-left` |
 * | a message from it | meet it | – | – |
 * | its connection breaks while it is absent | – | – | expired in 30 s |
 *
 * When the last one is gone, we park an offer for the next newcomer (docs/protocol.md §5).
 */
import { type PeerPorts, type Profile, RemotePeer, type Start } from "../peer/peer.js";
import type { Reports } from "../report/reports.js";
import type { TurnAccess } from "../turn/access.js";
import type { LeftReason, RoomEvents, Via } from "../types.js";
import type { Admission, Envelope, Message, Negotiation, Push, Talk } from "../wire/protocol.js";
import type { SignalingChannel } from "../wire/signaling-channel.js";
import { Absences } from "./absences.js";
import { Held } from "./held.js";
import { Inbox } from "./inbox.js";
import { Parking } from "./parking.js";

const IN_FLIGHT_MS = 250; // what is under way has had its effect by then
const STRANGER: Profile = { name: "", role: "guest" };

/** What the members ask of the room. */
export interface MembersPorts {
  /** Our own peer id. */
  readonly self: string;
  readonly turn: TurnAccess;
  readonly reports: Reports;
  readonly signaling: SignalingChannel;
  emit<K extends keyof RoomEvents>(event: K, value: RoomEvents[K]): void;
  /** The servers say that our own seat is gone. */
  seatLost(): void;
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
  #closed = false;

  constructor(ports: MembersPorts) {
    this.#ports = ports;
    const { turn, reports, signaling } = ports;
    this.#parking = new Parking({ turn, signaling });
    this.#peerPorts = {
      self: ports.self,
      turn,
      reports,
      signaling,
      heard: (peer, envelope) => this.#receivedInBand(peer, envelope),
      updated: (peer) => this.#updated(peer),
      connection: (peer) => ports.emit("connection", { peer, connection: peer.connection }),
      track: (peer, { track, streams }) => ports.emit("track", { peer, track, streams }),
      failed: (code, message) => ports.emit("error", { code, message }),
    };
  }

  /** Does any peer-to-peer connection work? */
  get anyUp(): boolean {
    return [...this.peers.values()].some((peer) => peer.up);
  }

  /** Takes over the list of members that negotiate answered. */
  reconcile(admission: Admission): void {
    const { peers } = admission;
    this.#ports.turn.admitted(admission);
    const listed = new Set(peers.map(({ peer }) => peer));
    for (const peer of [...this.peers.values()]) {
      if (!listed.has(peer.id)) this.#left(peer.id, "expired");
    }
    for (const { peer: id, offer, ...profile } of peers) {
      const known = this.#returned(id, profile);
      const peer = known ?? this.#meet(id, profile, offer ? "wait" : "offer", admission);
      if (offer && !peer.up) peer.receive(offer.seq, { kind: "offer", body: offer.body });
      known?.revive();
    }
    this.#parkIfAlone();
  }

  /** Takes what the servers push. */
  pushed(push: Exclude<Push, { target: "closed" | "orders" }>): void {
    switch (push.target) {
      case "joined":
        if (push.peer === this.#ports.self) break;
        this.#joined(push.peer, push);
        break;
      case "left":
        if (push.peer !== this.#ports.self) this.#left(push.peer, push.reason);
        else if (push.reason === "left" || push.reason === "expired") this.#ports.seatLost();
        break;
      case "disconnected":
        this.#disconnected(push.peer);
        break;
      default:
        this.#received(push.from, push.seq, push.message, push.target === "message");
    }
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

  /** Says that we leave, to everyone whose channel is open. */
  bye(envelope: Envelope): void {
    for (const peer of this.peers.values()) peer.sayBye(envelope);
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    this.#absences.endAll();
    for (const peer of this.peers.values()) peer.close();
    this.peers.clear();
    this.#parking.close();
  }

  /** Through the servers; they vouch for the sender. */
  #received(from: string, seq: number, message: Message, broadcast: boolean): void {
    if (from === this.#ports.self || !this.#inbox.accepts(from, seq, message.kind)) return;
    switch (message.kind) {
      case "text":
      case "data":
      case "bye":
      case "ack": {
        const peer = this.peers.get(from) ?? this.#meet(from, STRANGER, "wait");
        this.#deliver({ from: peer, via: "server", broadcast }, message);
        break;
      }
      default:
        this.#negotiate(from, seq, message);
    }
  }

  #negotiate(from: string, seq: number, message: Negotiation): void {
    const known = this.peers.get(from);
    const parked = message.kind === "answer" ? this.#parking.take(message.body.pc) : null;
    if (message.kind === "answer" && parked) {
      const peer = known ?? this.#meet(from, STRANGER, parked);
      peer.adopt(parked, seq, message.body);
    } else if (known) {
      known.receive(seq, message);
    } else if (message.kind === "candidates") {
      this.#held.put(from, message.body);
    } else {
      // An answer or restart of what we do not have: they want a connection, so we offer one.
      const start = message.kind === "offer" ? "wait" : "offer";
      this.#meet(from, STRANGER, start).receive(seq, message);
    }
  }

  /** Through the channel of a peer. */
  #receivedInBand(from: RemotePeer, { seq, to, ...message }: Envelope): void {
    if (!this.#inbox.accepts(from.id, seq, message.kind)) return;
    const broadcast = to === undefined;
    this.#deliver({ from, via: "p2p", broadcast }, message as Talk);
  }

  #deliver({ from, via, broadcast }: Origin, message: Talk): void {
    switch (message.kind) {
      case "text":
        this.#ports.emit("text", { from, text: message.body.text, via, broadcast });
        break;
      case "data":
        this.#ports.emit("data", { from, data: message.body, via, broadcast });
        break;
      case "bye":
        this.#left(from.id, "left");
        break;
      case "ack": // the outbox is not there yet
    }
  }

  /** `admission`: we were admitted to the room, and it was listed there. */
  #meet(id: string, profile: Profile, start: Start, admission?: Admission): RemotePeer {
    const meeting = { id, profile, start, newcomer: admission !== undefined };
    const peer = new RemotePeer({ ...meeting, admitMs: admission?.tookMs }, this.#peerPorts);
    this.peers.set(id, peer);
    this.#inbox.returned(id);
    this.#ports.emit("peer-joined", { peer });
    for (const body of this.#held.take(id)) peer.receive(-1, { kind: "candidates", body });
    if (start === "offer") peer.announce();
    return peer;
  }

  #joined(id: string, profile: Profile): void {
    const known = this.#returned(id, profile);
    if (!known) {
      this.#meet(id, profile, "wait");
      return;
    }
    known.repeat();
    known.revive();
  }

  /** Somebody whom the servers list: known or not, no longer absent. */
  #returned(id: string, profile: Profile): RemotePeer | undefined {
    this.#inbox.returned(id);
    this.#absences.end(id);
    const peer = this.peers.get(id);
    peer?.meet(profile);
    return peer;
  }

  #disconnected(id: string): void {
    const peer = this.peers.get(id);
    if (!peer) return;
    peer.absent = true;
    this.#watch(peer);
  }

  #left(id: string, reason: LeftReason): void {
    const peer = this.peers.get(id);
    if (reason !== "expired") this.#inbox.departed(id);
    if (!peer) return;
    if (reason === "expired") peer.absent = true;
    // A connection that works is not torn down because signaling was interrupted.
    if (reason === "expired" && peer.up) this.#watch(peer);
    else this.#drop(peer, reason);
  }

  #updated(peer: RemotePeer): void {
    this.#ports.emit("peer-updated", { peer });
    this.#watch(peer);
  }

  /** An absent member whose connection does not work has 30 s to come back. */
  #watch(peer: RemotePeer): void {
    if (peer.up) this.#absences.end(peer.id);
    else if (peer.absent && !this.#closed) {
      this.#absences.start(peer.id, () => this.#drop(peer, "expired"));
    }
  }

  #drop(peer: RemotePeer, reason: LeftReason): void {
    this.#absences.end(peer.id);
    if (this.peers.get(peer.id) !== peer) return;
    this.peers.delete(peer.id);
    peer.close();
    this.#ports.emit("peer-left", { peer, reason });
    this.#parkIfAlone();
  }

  #parkIfAlone(): void {
    if (this.peers.size === 0 && !this.#closed) void this.#parking.open();
  }
}
