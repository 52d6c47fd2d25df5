/** One other member: what of it the page sees, and what its negotiation and its recovery need. */
import type { ErrorCode } from "../errors.js";
import type { ConnectionRecorder } from "../report/recorder.js";
import type { Reports } from "../report/reports.js";
import { SafetyDoor } from "../safety/door.js";
import type { SafetyPorts } from "../safety/safety.js";
import type { SelectedPath, TurnAccess } from "../turn/access.js";
import type { Need } from "../turn/network.js";
import type { MediaSource, Path, Peer, PeerMedia, PeerState, Role } from "../types.js";
import { createPc } from "../wire/ids.js";
import type {
  Description,
  Envelope,
  Negotiation,
  Network,
  Offer,
  Restart,
  Talk,
} from "../wire/protocol.js";
import type { PeerChannel } from "../wire/signaling-channel.js";
import { type Action, type Stage, withoutPath } from "./connecting.js";
import { Link, type LinkPorts } from "./link.js";
import type { Effect } from "./negotiation-types.js";
import { Negotiator, type NegotiatorPorts, type Report } from "./negotiator.js";
import { type Before, beforeOf, type Pair } from "./pairs.js";
import { watchPath } from "./path.js";
import { type LiveFacts, Recovery } from "./recovery.js";
import { isIceLite, withoutIceLite, withSetup } from "./setup.js";
import { PeerTurn } from "./turn.js";

/** What a peer asks of the room. */
export interface PeerPorts {
  /** Our own peer id. */
  readonly self: string;
  readonly turn: TurnAccess;
  readonly reports: Reports;
  readonly signaling: PeerChannel;
  /** Text, data, bye and acknowledgements from the channel. */
  heard(peer: RemotePeer, envelope: Envelope & Talk): void;
  /** Its name, role, state or path is another. */
  updated(peer: RemotePeer): void;
  /** It has a connection that the page was not told of. */
  connection(peer: RemotePeer): void;
  track(peer: RemotePeer, event: RTCTrackEvent): void;
  readonly media: MediaPorts;
  /** From its channel for files. */
  file(peer: RemotePeer, data: unknown): void;
  /** `files` is another, or null. */
  filesChanged(peer: RemotePeer): void;
  failed(code: ErrorCode, message: string): void;
  /** May there be another connection to it now? If so, it counts. */
  mayConnect(peer: string): boolean;
  /** See LinkPorts. */
  refused(url: string): void;
}

/** Where `room.media` goes in and out: media/door.ts. */
export interface MediaPorts {
  /** Before we offer, or answer. Undefined if there is nothing to wait for. */
  prepare(peer: RemotePeer, offer: Description | null): Promise<unknown> | undefined;
  /** The channel is open. */
  opened(peer: RemotePeer): void;
  received(peer: RemotePeer, body: unknown): void;
}

export interface Profile {
  name: string;
  role: Role;
}

/** The connection of an offer that we had parked, and that the peer has answered. */
export interface Parked {
  readonly link: Link;
  readonly pc: string;
}

/** An offer that waited, with its connection. */
export type ParkedOffer = Parked & { readonly offer: Offer };

/** We offer, or we wait for its offer, or it answered the offer that we had parked. */
export type Start = "offer" | "wait" | Parked;

export interface Meeting {
  id: string;
  profile: Profile;
  start: Start;
  /** It was there when we came. */
  newcomer: boolean;
  /** ms that the negotiate call took which led us to it. */
  admitMs?: number | undefined;
}

const BYE_MS = 500; // whom it has not reached by then, the servers tell
const MESSAGES: Record<Report, string> = {
  too_large: "A description is too large.",
  negotiation_failed: "A description was refused again.",
  unexpected: "It failed.",
};

export class RemotePeer implements Peer {
  readonly id: string;
  name: string;
  role: Role;
  path: Path = "server";
  state: PeerState = "connecting";
  readonly media = new Map<MediaSource, PeerMedia>();
  /** Its seat is gone, or may go; its connection may still work. */
  absent = false;
  words: readonly string[] | null = null;
  readonly #ports: PeerPorts;
  readonly polite: boolean;
  readonly #turn: PeerTurn;
  readonly #recorder: ConnectionRecorder;
  readonly #negotiator: Negotiator;
  readonly #recovery = new Recovery({
    live: () => this.#live(),
    act: (action) => this.#act(action),
  });
  readonly #safety: SafetyDoor;
  #announced: Link | null = null; // the link that the page has been told of
  #parked: Parked | null = null; // the one to be adopted
  #pair: (Pair & { pc: string }) | null = null; // the last one that was used
  /** What we have told of our network, and what it has told of its. */
  #networks: { ours: Network | null; theirs: Network | null } = { ours: null, theirs: null };
  #wasUp = false;
  #wasSilent = false;
  #closed = false;

  constructor({ id, profile, start, newcomer, admitMs }: Meeting, ports: PeerPorts) {
    this.id = id;
    this.name = profile.name;
    this.role = profile.role;
    this.#ports = ports;
    this.polite = ports.self < id; // W3C WebRTC §10.7; docs/protocol.md §5
    this.#turn = new PeerTurn(ports.turn, id, newcomer, () => this.#recovery.isFirstTry);
    this.#recorder = ports.reports.createRecorder({
      first: !this.polite,
      admitMs,
      met: () => ports.signaling.met(id),
      turn: () => this.#turn.status,
      servers: () => this.#turn.servers,
      peerGone: () => this.absent,
    });
    this.#safety = new SafetyDoor(this.#safetyPorts());
    const parked = typeof start === "object" ? start : null;
    const phase = start === "offer" ? "idle" : "waiting";
    const pc = parked?.pc ?? createPc();
    const setup = { pc, polite: this.polite, phase, link: parked?.link ?? this.#open() } as const;
    this.#negotiator = new Negotiator(setup, this.#negotiatorPorts());
    this.#recorder.follow(this.connection);
    this.#recovery.began();
    if (this.#link.broken) this.#changed(); // there is none: it is tried again like one that broke
  }

  get connection(): RTCPeerConnection {
    return this.#link.connection;
  }

  /** The connection with its channel, as media/ uses it. */
  get link(): Link {
    return this.#link;
  }

  /** Messages can go peer to peer. */
  get up(): boolean {
    return this.#link.up;
  }

  /** Its channel for files; null while there is none that is open. */
  get files(): RTCDataChannel | null {
    const { files, broken } = this.#link;
    return files.readyState === "open" && !broken ? files : null;
  }

  /** Sends in the channel, in order. False if it is not open. Throws `too_large`. */
  async say(envelope: Envelope): Promise<boolean> {
    return this.#link.up && (await this.#link.channel.send(envelope));
  }

  /** In the channel, now or not at all. */
  tell(envelope: Envelope): boolean {
    return this.#link.up && this.#link.channel.trySend(envelope);
  }

  /** Says that we leave, if the channel is open. True once it has heard that: it closes the channel. */
  async sayBye(envelope: Envelope): Promise<boolean> {
    return this.tell(envelope) && (await this.#link.channel.isEnded(BYE_MS));
  }

  safetyWords(): Promise<readonly string[]> {
    return this.#safety.ask();
  }

  /** The servers list it: it is present. */
  meet(profile: Profile): void {
    this.absent = false;
    this.rename(profile);
  }

  rename({ name, role }: Profile): void {
    if (this.name === name && this.role === role) return;
    this.name = name;
    this.role = role;
    this.#ports.updated(this);
  }

  /** It can receive now, and could not before: the servers keep hardly anything for it. */
  repeat(): void {
    this.#negotiator.dispatch({ type: "heard" });
  }

  /** Our network is another one: the channel is of no use until something comes. */
  networkChanged(): void {
    if (!this.#closed) this.#link.channel.doubt();
  }

  /** There is news of the peer. If there is no connection, trying is worth it. */
  revive(): void {
    if (this.#closed || !this.#recovery.stale) return;
    this.#recovery.news();
    this.#show();
  }

  /** Tells the page of the connection, once. It may add its tracks before we offer. */
  announce(): void {
    if (this.#announced === this.#link || this.#link.broken) return;
    this.#announced = this.#link;
    this.#ports.connection(this);
  }

  /** A message of the peer, from the channel or, `byServers`, through them. */
  receive(seq: number, message: Negotiation, byServers = true): void {
    const fresh = createPc();
    switch (message.kind) {
      case "offer":
      case "answer":
        this.#networks.theirs = message.body.network ?? null;
        this.#negotiator.dispatch({ type: message.kind, seq, body: message.body, fresh });
        break;
      case "candidates":
        this.#negotiator.dispatch({ type: "candidates", body: message.body });
        break;
      case "floor":
        this.#negotiator.dispatch({ type: "floor", ...message.body });
        break;
      case "restart":
        this.#askedToRestart(message.body, fresh);
    }
    if (byServers) this.#doubtFor(message);
  }

  /** The peer answered the offer that we had parked: its connection becomes the peer's. */
  adopt(parked: ParkedOffer, answerSeq: number, answer: Description): void {
    const { pc, offer } = parked;
    this.#parked = parked;
    this.#networks.ours = offer.body.network ?? null;
    this.#negotiator.dispatch({ type: "claim", pc, answerSeq });
    if (this.#negotiator.state.pc !== pc) return;
    this.#pair = { pc, ours: offer.seq, theirs: answerSeq, offers: true };
    this.receive(answerSeq, { kind: "answer", body: answer });
  }

  /** What the connection is, for a pair of two offers that might take its place. */
  get before(): Before {
    return beforeOf(this.#negotiator.state, this.#pair, this.#recovery.hasBeenUp);
  }

  /** Our offer and theirs are a pair. `offers`: see Pair. `isTold`: the peer knows it. */
  pair(parked: ParkedOffer, theirs: Offer, offers: boolean, isTold: boolean): void {
    const ours = parked.offer;
    const { pc } = (offers ? ours : theirs).body;
    const told = { ...ours.body, pc, answered: theirs.seq };
    const message: Negotiation = offers
      ? { kind: "offer", body: told }
      : { kind: "answer", body: withSetup(told, "passive") };
    // Whoever hears of the pair first gives way as the ICE agent: see setup.ts.
    const read = isTold || !isIceLite(ours.body) ? theirs.body : withoutIceLite(theirs.body);
    const body = withSetup({ ...read, pc }, offers ? "passive" : "active");
    this.#parked = { link: parked.link, pc };
    this.#pair = { pc, ours: ours.seq, theirs: theirs.seq, offers };
    this.#networks = { ours: ours.body.network ?? null, theirs: theirs.body.network ?? null };
    const event = { ours: { seq: ours.seq, message }, theirs: { seq: theirs.seq, body } };
    this.#negotiator.dispatch({ type: "pair", ...event, isTold });
  }

  /** The pair cannot be: our offer is in use. An offer that names the peer comes in its place. */
  offerInstead(): void {
    if (this.before !== "new") this.#replace();
    else this.#negotiator.dispatch({ type: "restart", fresh: createPc() });
  }

  close(): void {
    this.#closed = true;
    this.#recovery.end();
    this.#turn.close();
    this.#negotiator.dispatch({ type: "close" });
  }

  get #link(): Link {
    return this.#negotiator.link;
  }

  /** Who restarts ICE through the servers has no use of the channel: nor would our answer arrive. */
  #doubtFor(message: Negotiation): void {
    const isRestart = message.kind === "offer" ? message.body.restart : message.kind === "restart";
    if (!isRestart || !this.up) return;
    this.#recovery.leaveToOther();
    this.#link.channel.doubt();
  }

  #askedToRestart({ pc, refused, network }: Restart, fresh: string): void {
    if (network !== undefined && this.#escalatesFor(network)) return;
    const stale = this.#recovery.stale;
    if (!this.polite) this.#turn.configure(this.#link); // the credential may be newer
    const event = { type: "asked", pc, stale, fresh } as const;
    this.#negotiator.dispatch(refused === undefined ? event : { ...event, refused });
  }

  /** It has told of its network: is that a reason for relays, and for a restart of ICE with them? */
  #escalatesFor(network: Network): boolean {
    const { stage } = this.#recovery;
    this.#networks.theirs = network;
    this.#recovery.decide();
    return this.#recovery.stage !== stage;
  }

  // What the negotiation asks for.

  #negotiatorPorts(): NegotiatorPorts {
    const recovery = this.#recovery;
    const network = () => this.#network;
    return {
      signaling: this.#ports.signaling,
      to: this.id,
      get bring() {
        return recovery.stage === "both" || recovery.stage === "theirs";
      },
      get network() {
        return network();
      },
      prepare: (offer) => this.#prepare(offer),
      before: (effect) => this.#before(effect),
      open: () => {
        const link = this.#open(this.#link);
        return link.broken ? null : link;
      },
      adopt: () => this.#adopt(),
      release: () => this.#parked?.link.close(),
      replaced: (old) => this.#replaced(old),
      close: (link) => this.#end(link),
      report: (code) => this.#ports.failed(code, MESSAGES[code]),
    };
  }

  /** Credentials and media come into the description. */
  #prepare(offer: Description | null): Promise<unknown> | undefined {
    const turn = this.#turn.prepare(this.#link, offer);
    const media = this.#ports.media.prepare(this, offer);
    return turn && media ? Promise.all([turn, media]) : (turn ?? media);
  }

  /** The page may add its tracks before we describe ourselves; the report counts what we do. */
  #before(effect: Effect): void {
    switch (effect.type) {
      case "prepare":
        this.announce();
        break;
      case "restartIce":
        this.#recorder.retried();
        break;
      case "set":
        this.announce();
        this.#link.offered ??= effect.body.slots ?? null;
        if (effect.kind === "offer" && effect.body.restart) this.#recorder.retried();
        this.#recorder.mark("described");
        break;
      case "send":
        if (effect.message.kind === "offer") this.#recorder.mark("described");
        if ("network" in effect.message.body) {
          this.#networks.ours = effect.message.body.network ?? null;
        }
    }
  }

  /** `before`: the one in whose place it comes. */
  #open(before?: Link): Link {
    const [rtc, grant] = this.#turn.configuration(before);
    const allowed = this.#ports.mayConnect(this.id) ? rtc : null;
    return new Link(allowed, grant, this.#linkPorts(), before?.network.found);
  }

  #adopt(): Link {
    const link = this.#parked?.link ?? this.#link;
    link.handOver(this.#linkPorts());
    this.#turn.adopt(link.grant);
    this.#recovery.began();
    return link;
  }

  #replaced(old: Link): void {
    old.close(this.#recorder.read());
    this.#recorder.follow(this.connection);
    this.#recovery.began();
    this.#safety.check();
    this.#ports.filesChanged(this);
    this.#show();
    if (this.#negotiator.state.phase === "idle") this.announce(); // we offer
  }

  #end(link: Link): void {
    const lastRead = this.#recorder.read();
    void this.#ports.reports.end(this.#recorder, lastRead);
    link.close(lastRead);
  }

  // What the connection says.

  #linkPorts(): LinkPorts {
    return {
      needed: () => this.#negotiator.dispatch({ type: "needed" }),
      gathered: (candidates) => {
        const seq = this.#ports.signaling.nextSeq();
        this.#negotiator.dispatch({ type: "gathered", seq, candidates });
      },
      stable: () => {
        this.#safety.check();
        this.#recorder.mark("set");
        this.#recovery.described();
      },
      changed: () => this.#changed(),
      received: (envelope) => this.#received(envelope),
      track: (event) => this.#track(event),
      file: (data) => this.#ports.file(this, data),
      filesChanged: () => this.#ports.filesChanged(this),
      refused: this.#ports.refused,
    };
  }

  #safetyPorts(): SafetyPorts {
    const { self, signaling, updated, failed } = this.#ports;
    return {
      self,
      id: this.id,
      connection: () => this.connection,
      say: (body) => this.say({ v: 1, seq: signaling.nextSeq(), kind: "safety", body }),
      changed: (words) => {
        this.words = words;
        updated(this);
      },
      failed,
    };
  }

  /** Those of `room.media` are told by it. */
  #track(event: RTCTrackEvent): void {
    const { slots, offered } = this.#link;
    const { transceiver } = event;
    const isSlot = slots?.includes(transceiver) || offered?.includes(transceiver.mid ?? "");
    if (!isSlot) this.#ports.track(this, event);
  }

  #received(envelope: Envelope): void {
    switch (envelope.kind) {
      case "media":
        this.#ports.media.received(this, envelope.body);
        break;
      case "text":
      case "data":
      case "bye":
      case "ack":
        this.#ports.heard(this, envelope);
        break;
      case "safety":
        this.#safety.received(envelope.body);
        break;
      default:
        this.receive(envelope.seq, envelope, false);
    }
  }

  #changed(): void {
    if (this.#closed) return;
    const { up, broken } = this.#link;
    this.#recorder.changed(up);
    if (up !== this.#negotiator.state.up) {
      this.#negotiator.dispatch({ type: up ? "up" : "down" });
      if (up) this.#ports.media.opened(this);
    }
    const { silent } = this.#link.channel;
    if (silent && !this.#wasSilent) this.#ports.signaling.doubt();
    this.#wasSilent = silent;
    if (broken) this.#negotiator.dispatch({ type: "broke" });
    if (up) this.#watchPath();
    else this.#turn.unused();
    this.#recovery.changed();
    this.#show();
  }

  #watchPath(): void {
    this.#wasUp = true;
    const link = this.#link;
    watchPath(
      link.connection,
      () => link === this.#link && link.up,
      (selected) => this.#selected(selected),
    );
  }

  #selected(selected: SelectedPath): void {
    void this.#recorder.read();
    this.#turn.selected(selected, this.#link, () => this.#renewed());
    this.#show(selected.path);
  }

  /** The old path carries until ICE has nominated one of the new credential. */
  #renewed(): void {
    if (this.polite) {
      this.#turn.configure(this.#link);
      this.#ask();
    } else {
      this.#restart();
    }
  }

  // Recovery (connecting.ts).

  #live(): LiveFacts {
    const { up, reached, relays, broken, connection, channel } = this.#link;
    const { ours, theirs } = relays;
    const fresh = this.#turn.isFresh(this.#link);
    return {
      polite: this.polite,
      absent: this.absent,
      up,
      reached,
      broken,
      silent: channel.silent,
      state: connection.connectionState,
      turn: {
        allowed: this.#turn.allowed,
        relayed: ours || theirs,
        fresh,
        need: this.#need(relays),
      },
    };
  }

  get #network(): Network | null {
    return this.#turn.network(this.#link);
  }

  /** Relays that the networks call for, less those that are there. */
  #need(there: Link["relays"]): Need {
    const { relays, certain } = this.#turn.need(this.#link, this.#networks.theirs, this.polite);
    const ours = (relays === "ours" || relays === "both") && !there.ours;
    const theirs = (relays === "theirs" || relays === "both") && !there.theirs;
    return { relays: ours ? (theirs ? "both" : "ours") : theirs ? "theirs" : "none", certain };
  }

  #act(action: Action): void {
    switch (action.type) {
      case "escalate":
        void this.#escalate(action.stage);
        break;
      case "ask":
        this.#ask();
        break;
      case "restart":
        this.#restart();
        break;
      case "replace":
        this.#replace();
        break;
      case "giveUp":
        this.#show();
        this.#ports.failed(
          "connection_failed",
          "A peer could not be connected; its messages go through the server.",
        );
    }
  }

  async #escalate(stage: Exclude<Stage, "direct">): Promise<void> {
    if (this.polite) return this.#bring();
    const link = this.#link;
    const request = stage === "theirs" ? undefined : this.#turn.escalate();
    if (request) await this.#recovery.credentials(request);
    if (this.#closed || link !== this.#link || !withoutPath(this.#recovery.facts)) return;
    // A restart of ICE keeps the channel, and with it all older candidates, which are tried in turn.
    if (this.#recovery.hasBeenUp) this.#restart();
    else this.#replace();
  }

  /** The other side restarts ICE; our credential is there by then. */
  #bring(): void {
    void this.#turn.escalate();
    if (this.#network !== this.#networks.ours) this.#ask();
  }

  /** Tells of our network, if it is another than it knows. */
  #ask(): void {
    const seq = this.#ports.signaling.nextSeq();
    const network = this.#network;
    const isNews = network !== null && network !== this.#networks.ours;
    this.#negotiator.dispatch({ type: "ask", seq, ...(isNews ? { network } : {}) });
  }

  #replace(): void {
    this.#negotiator.dispatch({ type: "replace", fresh: createPc() });
  }

  #restart(): void {
    this.announce();
    const { grant } = this.#link;
    this.#turn.configure(this.#link); // the credential may be newer
    const anew = this.#link.grant !== grant;
    this.#negotiator.dispatch({ type: "restart", fresh: createPc(), ...(anew ? { anew } : {}) });
  }

  #show(path: Path = this.up ? this.path : "server"): void {
    const state = this.#state();
    if (this.#closed || (state === this.state && path === this.path)) return;
    this.state = state;
    this.path = path;
    this.#ports.updated(this);
  }

  #state(): PeerState {
    if (this.up) return "connected";
    if (this.#recovery.exhausted) return "failed";
    return this.#wasUp ? "reconnecting" : "connecting";
  }
}
