/** The room that the application holds: joins members, signaling and the application's calls. */
import { type ErrorCode, HeliographError } from "../errors.js";
import { FilesDoor } from "../files/door.js";
import { MediaDoor } from "../media/door.js";
import type { RoomMediaPorts } from "../media/room-media.js";
import type { RemotePeer } from "../peer/peer.js";
import { Reports } from "../report/reports.js";
import { pause } from "../timing/backoff.js";
import { Lazy } from "../timing/lazy.js";
import { TurnAccess } from "../turn/access.js";
import { TurnMemory } from "../turn/memory.js";
import type * as Public from "../types.js";
import type { Admission, ByeReason, Envelope } from "../wire/protocol.js";
import { BackendCalls } from "./calls.js";
import { type Content, checkData, checkText, fitForServer } from "./content.js";
import type { Deliveries } from "./deliveries.js";
import { Emitter } from "./events.js";
import { HostCalls } from "./host.js";
import { Members } from "./members.js";
import type { OpenOffer } from "./open-offer.js";
import { listenToPage } from "./page.js";
import { Recheck } from "./recheck.js";
import { type Entered, Signaling, type SignalingPorts } from "./signaling.js";
import { type Need, Sleep } from "./sleep.js";

const LEAVE_TIMEOUT_MS = 2_000;

/** What `join` knows when we are admitted. */
export interface RoomSetup {
  entered: Entered;
  /** The first one. */
  admission: Admission;
  /** Their offers have gone along with the joining. */
  brought?: readonly OpenOffer[] | undefined;
  rtc?: RTCConfiguration | undefined;
  media?: Public.JoinOptions["media"] | undefined;
  report?: boolean | undefined;
  /** Seconds. */
  sleepAfter?: number | undefined;
}

/** The room that `join` answers. It lives from admission to `leave`, or until the seat is gone. */
export class JoinedRoom implements Public.Room {
  readonly id: string;
  readonly self: Public.Room["self"];
  readonly secret: string;
  state: Public.RoomState = "connecting";
  capacity: number;
  locked: boolean;
  readonly media: MediaDoor;
  readonly #events = new Emitter<Public.RoomEvents>();
  readonly #members: Members;
  readonly #signaling: Signaling;
  readonly #calls: BackendCalls;
  readonly #host: HostCalls;
  readonly #deliveries = new Lazy<Deliveries>(async () => {
    const { Deliveries } = await import("./deliveries.js");
    return new Deliveries({
      receiver: (peer) => this.#members.peers.get(peer),
      nextSeq: () => this.#signaling.nextSeq(),
      post: (envelope, except) => this.#signaling.post(envelope, except),
    });
  });
  readonly #files: FilesDoor;
  readonly #recheck = new Recheck(() => this.#signaling.refresh());
  readonly #sleep: Sleep;
  readonly #unlisten: () => void;
  #seatRefused: HeliographError | null = null; // no seat any more, but a connection that works
  #leaving: Promise<void> | null = null;

  constructor(setup: RoomSetup) {
    const { entered, admission, brought, rtc = {}, report = true, sleepAfter } = setup;
    const { room, peer: id, name, role, capacity, locked } = admission;
    const { apis, request, hostToken } = entered.seat;
    this.id = room;
    this.self = { id, name, role };
    this.secret = request.secret;
    this.capacity = capacity;
    this.locked = locked;
    this.#signaling = new Signaling(entered, this.#signalingPorts());
    this.#sleep = new Sleep(this.#signaling, sleepAfter);
    this.#calls = new BackendCalls(this.#signaling);
    this.#host = new HostCalls(this.#signaling, hostToken);
    this.#files = new FilesDoor({
      peers: () => this.#members.peers,
      offered: (transfer) => this.#emit("file", { transfer }),
      changed: (transfer) => this.#emit("transfer-updated", { transfer }),
    });
    this.media = new MediaDoor(this.#mediaPorts(), setup.media);
    const memory = new TurnMemory(apis[0]?.base ?? "");
    this.#members = new Members({
      self: id,
      turn: new TurnAccess({ rtc, memory, fetch: (to, signal) => this.#calls.turn(to, signal) }),
      reports: new Reports(report ? this.#calls : null),
      signaling: this.#signaling,
      brought: brought ?? [],
      deliveries: (call) => this.#withDeliveries(call),
      files: this.#files,
      media: this.media,
      emit: (event, value) => this.#emit(event, value),
      changed: () => this.#membersChanged(),
    });
    this.#unlisten = listenToPage({
      unloaded: () => this.#unloaded(),
      networkChanged: () => this.#networkChanged(),
    });
  }

  get peers(): ReadonlyMap<string, Public.Peer> {
    return this.#members.peers;
  }

  on<K extends keyof Public.RoomEvents>(
    event: K,
    listener: Public.Listener<Public.RoomEvents[K]>,
  ): () => void {
    return this.#events.on(event, listener);
  }

  async send(peerId: string, data: unknown): Promise<Public.Via> {
    return this.#sendTo(peerId, { kind: "data", body: checkData(data) });
  }

  async broadcast(data: unknown): Promise<Public.Via> {
    return this.#sendToAll({ kind: "data", body: checkData(data) });
  }

  async sendText(text: string, peerId?: string): Promise<Public.Via> {
    checkText(text);
    const content: Content = { kind: "text", body: { text } };
    return peerId === undefined ? this.#sendToAll(content) : this.#sendTo(peerId, content);
  }

  async sendFile(
    what: Public.Sendable | readonly Public.Sendable[],
    options: Public.SendFileOptions = {},
  ): Promise<Public.Transfer[]> {
    this.#requireOpen();
    return this.#files.send(what, options);
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async kick(peerId: string): Promise<void> {
    await this.#host.kick(peerId);
    if (this.state !== "closed") this.#signaling.kicked(peerId);
  }

  async lock(locked: boolean): Promise<void> {
    this.#setLocked(await this.#host.lock(locked));
  }

  async invite(options: Public.InviteOptions = {}): Promise<Public.Invite> {
    return this.#host.invite(options);
  }

  async revoke(invite: string): Promise<void> {
    await this.#host.revoke(invite);
  }

  async #sendTo(peerId: string, content: Content): Promise<Public.Via> {
    this.#requireOpen();
    const peer = this.#members.peers.get(peerId);
    if (!peer) throw new HeliographError("peer_not_found", "This peer is not in the room.");
    const envelope: Envelope = { v: 1, seq: this.#signaling.nextSeq(), to: peerId, ...content };
    return this.#deliver(envelope, [peer]);
  }

  #sendToAll(content: Content): Promise<Public.Via> {
    this.#requireOpen();
    const envelope: Envelope = { v: 1, seq: this.#signaling.nextSeq(), ...content };
    const peers = [...this.#members.peers.values()];
    if (peers.some((peer) => !peer.up)) fitForServer(envelope); // throws before anyone has got it
    return this.#deliver(envelope, peers);
  }

  /** Whoever has an open channel gets it there, and drops the copy of the servers by its seq. */
  async #deliver(envelope: Envelope, peers: readonly RemotePeer[]): Promise<Public.Via> {
    const said = await Promise.all(peers.map((peer) => peer.say(envelope)));
    const isSaid = said.every(Boolean);
    const stamp = isSaid ? undefined : await this.#signaling.post(fitForServer(envelope));
    this.#withDeliveries((deliveries) => {
      peers.forEach(({ id }, n) => void (said[n] && deliveries.saidTo(id, envelope.seq)));
      deliveries.sent(
        envelope,
        peers.map(({ id }) => id),
        stamp,
      );
    });
    return isSaid ? "p2p" : "server";
  }

  /** They are not needed before there is a seat, so they are loaded then. */
  #withDeliveries(call: (deliveries: Deliveries) => void): void {
    this.#deliveries.use((deliveries) => {
      if (this.state !== "closed") call(deliveries);
    });
  }

  #mediaPorts(): RoomMediaPorts {
    return {
      peers: () => this.#members.peers,
      nextSeq: () => this.#signaling.nextSeq(),
      emit: (event, value) => this.#emit(event, value),
    };
  }

  #signalingPorts(): SignalingPorts {
    return {
      admitted: (admission) => this.#admitted(admission),
      members: (changes, list, said) => {
        if (this.state !== "closed") this.#members.changed(changes, list, said);
      },
      received: (message) => {
        if (this.state !== "closed") this.#members.received(message);
      },
      locked: (locked) => this.#setLocked(locked),
      state: (state) => this.#setState(state),
      refused: (error, isFinal) => this.#refused(error, isFinal),
      failed: ({ code, message }) => this.#emit("error", { code, message }),
      closed: (stamp, code, message) => {
        // No seat any more, so none at the others either. Replaced, they are our next page's.
        if (code !== "replaced") void this.#calls.leave({ closedBy: stamp });
        this.#close(code, message);
      },
    };
  }

  #membersChanged(): void {
    this.#recheck.update(this.#members.waiting);
    this.#sleep.update(this.#need());
  }

  #need(): Need {
    const { peers, anyUp, hungUp } = this.#members;
    if (this.capacity !== 2 || this.#leaving) return "now";
    if (peers.size === 1 && anyUp) return "none";
    return hungUp ? "soon" : "now";
  }

  #admitted(admission: Admission): void {
    if (this.state === "closed") return;
    this.#seatRefused = null;
    this.capacity = admission.capacity;
    this.#setLocked(admission.locked);
    this.#members.admitted(admission);
  }

  /** Several stamps tell the same change: it is said once. */
  #setLocked(locked: boolean): void {
    if (locked === this.locked) return;
    this.locked = locked;
    this.#emit("locked", { locked });
  }

  /** Connections that work go on without a seat, if we may; the room ends with the last of them. */
  #refused(error: HeliographError, isFinal: boolean): void {
    if (this.state === "closed" || this.#leaving) return;
    this.#seatRefused = error;
    if (!isFinal && this.#members.anyUp) return;
    void this.#calls.leave(); // another stamp may have given us a seat
    this.#close(error.code, error.message);
  }

  #emit<K extends keyof Public.RoomEvents>(event: K, value: Public.RoomEvents[K]): void {
    if (this.#leaving || this.state === "closed") return;
    this.#events.emit(event, value);
    const refusal = this.#seatRefused;
    if (refusal && event !== "text" && event !== "data" && !this.#members.anyUp) {
      this.#close(refusal.code, refusal.message);
    }
  }

  #setState(state: Public.RoomState): void {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    if (state === "connected") this.#members.opened();
    this.#events.emit("state", { state });
  }

  async #leave(): Promise<void> {
    if (this.state === "closed") return;
    this.#signaling.stopReconnecting();
    const left = this.#sayBye("left").then((told) => this.#calls.leave({ told }));
    await Promise.race([left, pause(LEAVE_TIMEOUT_MS)]);
    this.#close("left", "You have left the room.");
  }

  /** Who has heard it, so that the servers need not tell. */
  #sayBye(reason: ByeReason): Promise<string[]> {
    const seq = this.#signaling.nextSeq();
    return this.#members.bye({ v: 1, seq, kind: "bye", body: { reason } });
  }

  /** A reload comes back with `secret` as the same peer. */
  #unloaded(): void {
    this.#signaling.stopReconnecting();
    void this.#sayBye("unloaded");
    this.#calls.leaveBeacon();
  }

  /** Connections and sockets that look open may have no other end any more. */
  #networkChanged(): void {
    if (this.state === "closed") return;
    this.#signaling.doubt();
    this.#members.networkChanged();
  }

  #close(code: ErrorCode, message: string): void {
    if (this.state === "closed") return;
    this.#unlisten();
    this.#files.close();
    this.media.close();
    this.#members.close();
    this.#deliveries.value?.close();
    this.#recheck.close();
    this.#sleep.close();
    this.#host.close();
    void this.#signaling.stop();
    this.#setState("closed");
    this.#events.emit("closed", { code, message });
  }

  #requireOpen(): void {
    if (this.state !== "closed" && !this.#leaving) return;
    throw new HeliographError("closed", "The room is closed.");
  }
}
