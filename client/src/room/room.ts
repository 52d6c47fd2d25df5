/** The room that the application holds: joins members, signaling and the application's calls. */
import { type ErrorCode, HeliographError } from "../errors.js";
import { FilesDoor } from "../files/door.js";
import { MediaDoor } from "../media/door.js";
import type { RoomMediaPorts } from "../media/room-media.js";
import { Reports } from "../report/reports.js";
import { hedge } from "../stamps/hedge.js";
import { backoff, pause } from "../timing/backoff.js";
import { Lazy } from "../timing/lazy.js";
import { TurnAccess } from "../turn/access.js";
import { TurnMemory } from "../turn/memory.js";
import type * as Public from "../types.js";
import { type Admission, type ByeReason, type Envelope, FOLLOW_MS } from "../wire/protocol.js";
import { BackendCalls } from "./calls.js";
import { type Content, checkData, checkText } from "./content.js";
import { Emitter } from "./events.js";
import { firstOf } from "./first.js";
import type { Later } from "./later.js";
import { Members } from "./members.js";
import type { OpenOffer } from "./open-offer.js";
import { listenToPage } from "./page.js";
import { type Sent, sending } from "./sending.js";
import { type Entered, Signaling, type SignalingPorts } from "./signaling.js";
import type { Need } from "./sleep.js";

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
  readonly #later: Lazy<Later>;
  readonly #files: FilesDoor;
  readonly #unlisten: () => void;
  readonly #end = new AbortController();
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
    this.#later = new Lazy(() => this.#loadLater(hostToken, sleepAfter));
    this.#calls = new BackendCalls(this.#signaling);
    this.#later.use(() => {}); // with the first message at the latest
    this.#files = new FilesDoor({
      peers: () => this.#members.peers,
      offered: (transfer) => this.#emit("file", { transfer }),
      changed: (transfer) => this.#emit("transfer-updated", { transfer }),
      relayBytes: () => turn.relayBytes,
    });
    this.media = new MediaDoor(this.#mediaPorts(), setup.media);
    const turn = this.#turnAccess(rtc, apis[0]?.base ?? "");
    this.#members = new Members({
      self: id,
      turn,
      reports: new Reports(report ? this.#calls : null),
      signaling: this.#signaling,
      brought: brought ?? [],
      deliveries: (call) => this.#withLater(({ deliveries }) => call(deliveries)),
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

  #turnAccess(rtc: RTCConfiguration, backend: string): TurnAccess {
    const memory = new TurnMemory(backend);
    return new TurnAccess({ rtc, memory, fetch: (to, signal) => this.#calls.turn(to, signal) });
  }

  async #loadLater(hostToken?: string, sleepAfter?: number): Promise<Later> {
    const loaded = await import("./later.js");
    const receiver = (peer: string) => this.#members.peers.get(peer);
    const { signal: end } = this.#end;
    const tools = { hedge, firstOf, backoff, pause, followMs: FOLLOW_MS };
    return new loaded.Later(
      { signaling: this.#signaling, receiver, hostToken, sleepAfter, end },
      tools,
    );
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

  send(peerId: string, data: unknown): Public.Sending {
    return sending(this.#send(() => ({ kind: "data", body: checkData(data) }), peerId));
  }

  broadcast(data: unknown): Public.Sending {
    return sending(this.#send(() => ({ kind: "data", body: checkData(data) })));
  }

  sendText(text: string, peerId?: string): Public.Sending {
    const content = (): Content => {
      checkText(text);
      return { kind: "text", body: { text } };
    };
    return sending(this.#send(content, peerId));
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
    await (await this.#later.get()).host.kick(peerId);
    if (this.state !== "closed") this.#signaling.kicked(peerId);
  }

  async lock(locked: boolean): Promise<void> {
    this.#setLocked(await (await this.#later.get()).host.lock(locked));
  }

  async invite(options: Public.InviteOptions = {}): Promise<Public.Invite> {
    return (await this.#later.get()).host.invite(options);
  }

  async revoke(invite: string): Promise<void> {
    await (await this.#later.get()).host.revoke(invite);
  }

  /** To everyone without `peerId`. */
  async #send(content: () => Content, peerId?: string): Promise<Sent> {
    const checked = content();
    this.#requireOpen();
    const { deliveries } = await this.#later.get();
    this.#requireOpen();
    const all = [...this.#members.peers.values()];
    const peers = all.filter(({ id }) => id === (peerId ?? id));
    if (peerId !== undefined && peers.length === 0) {
      throw new HeliographError("peer_not_found", "This peer is not in the room.");
    }
    const to = peerId === undefined ? {} : { to: peerId };
    const envelope: Envelope = { v: 1, seq: this.#signaling.nextSeq(), ...to, ...checked };
    return deliveries.send(envelope, peers);
  }

  /** It is not needed before there is a seat, so it is loaded then. */
  #withLater(call: (later: Later) => void): void {
    this.#later.use((later) => {
      if (this.state !== "closed") call(later);
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
    this.#withLater(({ recheck, sleep }) => {
      recheck.update(this.#members.waiting);
      sleep.update(this.#need());
    });
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
    this.#later.value?.close();
    this.#end.abort();
    void this.#signaling.stop();
    this.#setState("closed");
    this.#events.emit("closed", { code, message });
  }

  #requireOpen(): void {
    if (this.state !== "closed" && !this.#leaving) return;
    throw new HeliographError("closed", "The room is closed.");
  }
}
