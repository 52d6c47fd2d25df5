/** The room that the application holds: joins members, signaling and the application's calls. */
import { type ErrorCode, HeliographError } from "../errors.js";
import { Reports, type ReportsPorts } from "../report/reports.js";
import { pause } from "../timing/backoff.js";
import { runInNextTask } from "../timing/task.js";
import { TurnAccess } from "../turn/access.js";
import { TurnMemory } from "../turn/memory.js";
import type * as Public from "../types.js";
import type { Api } from "../wire/api.js";
import type { Admission, Envelope, Push } from "../wire/protocol.js";
import { type Content, checkData, checkText, fitForServer } from "./content.js";
import { Emitter } from "./events.js";
import { Members } from "./members.js";
import { listenToPage } from "./page.js";
import { type Seat, Signaling } from "./signaling.js";

const LEAVE_TIMEOUT_MS = 2_000;
/** Refusals that end our seat, but were nobody's decision. */
const SEAT_EXPIRED = new Set<ErrorCode>(["token_expired", "bad_token"]);

/** What `join` knows when we are admitted. */
export interface RoomSetup {
  seat: Seat;
  admission: Admission;
  rtc?: RTCConfiguration | undefined;
  report?: boolean | undefined;
}

/** The room that `join` answers. It lives from admission to `leave`, or until the seat is gone. */
export class JoinedRoom implements Public.Room {
  readonly id: string;
  readonly self: Public.Room["self"];
  readonly secret: string;
  state: Public.RoomState = "connecting";
  capacity: number;
  locked: boolean;
  readonly #api: Api;
  readonly #hostToken: string | undefined;
  readonly #events = new Emitter<Public.RoomEvents>();
  readonly #members: Members;
  readonly #signaling: Signaling;
  readonly #unlisten: () => void;
  #seatRefused: HeliographError | null = null; // no seat any more, but a connection that works
  #leaving: Promise<void> | null = null;

  constructor({ seat, admission, rtc = {}, report = true }: RoomSetup) {
    const { api, request, hostToken } = seat;
    const { room, peer: id, name, role, capacity, locked } = admission;
    this.id = room;
    this.secret = request.secret;
    this.self = { id, name, role };
    this.capacity = capacity;
    this.locked = locked;
    this.#api = api;
    this.#hostToken = hostToken;
    this.#signaling = new Signaling(seat, admission, {
      pushed: (push) => this.#pushed(push),
      admitted: (again) => this.#admitted(again),
      state: (state) => this.#setState(state),
      refused: (error) => this.#refused(error),
      failed: ({ code, message }) => this.#emit("error", { code, message }),
    });
    this.#members = new Members({
      self: id,
      turn: new TurnAccess({
        rtc,
        memory: new TurnMemory(api.base),
        fetch: (to, signal) => api.turn(to, this.#signaling.token, signal),
      }),
      reports: new Reports(report ? this.#reporting(api) : null),
      signaling: this.#signaling,
      emit: (event, value) => this.#emit(event, value),
      seatLost: () => this.#signaling.negotiateAgain(),
    });
    this.#unlisten = listenToPage({
      unloaded: () => this.#unloaded(),
      online: () => this.#signaling.reconnectNow(),
    });
    // Not at once, so that whoever awaits `join` can listen first.
    runInNextTask(() => this.#admitted(admission));
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

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async kick(peerId: string): Promise<void> {
    await this.#api.kick(this.id, peerId, this.#hostKey);
  }

  async lock(locked: boolean): Promise<void> {
    this.locked = (await this.#api.lock(this.id, locked, this.#hostKey)).locked;
  }

  async invite(options: Public.InviteOptions = {}): Promise<Public.Invite> {
    return this.#api.invite(this.id, options, this.#hostKey);
  }

  async revoke(invite: string): Promise<void> {
    await this.#api.revoke(this.id, invite, this.#hostKey);
  }

  get #hostKey(): string {
    return this.#hostToken ?? this.#signaling.token;
  }

  async #sendTo(peerId: string, content: Content): Promise<Public.Via> {
    this.#requireOpen();
    const peer = this.#members.peers.get(peerId);
    if (!peer) throw new HeliographError("peer_not_found", "This peer is not in the room.");
    const envelope: Envelope = { v: 1, seq: this.#signaling.nextSeq(), to: peerId, ...content };
    if (await peer.say(envelope)) return "p2p";
    await this.#signaling.post(fitForServer(envelope));
    return "server";
  }

  /** Whoever has an open channel gets it there, and drops the copy of the servers by its seq. */
  async #sendToAll(content: Content): Promise<Public.Via> {
    this.#requireOpen();
    const envelope: Envelope = { v: 1, seq: this.#signaling.nextSeq(), ...content };
    const peers = [...this.#members.peers.values()];
    if (peers.some((peer) => !peer.up)) fitForServer(envelope); // throws before anyone has got it
    const heard = await Promise.all(peers.map((peer) => peer.say(envelope)));
    if (heard.every(Boolean)) return "p2p";
    await this.#signaling.post(fitForServer(envelope));
    return "server";
  }

  #pushed(push: Push): void {
    if (this.state === "closed" || this.#leaving) return;
    if (push.target === "closed") this.#close(push.code, push.message);
    else if (push.target === "orders") this.locked = push.locked;
    else this.#members.pushed(push);
  }

  #admitted(admission: Admission): void {
    if (this.state === "closed") return;
    this.capacity = admission.capacity;
    this.locked = admission.locked;
    this.#members.reconcile(admission);
  }

  /** Connections that work go on without a seat; the room ends with the last of them. */
  #refused(error: HeliographError): void {
    void this.#signaling.stop();
    this.#setState("reconnecting");
    this.#seatRefused = error;
    const goesOn = SEAT_EXPIRED.has(error.code) && this.#members.anyUp;
    if (!goesOn) this.#close(error.code, error.message);
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
    this.#sayBye();
    // Meanwhile the channels deliver the bye.
    await Promise.race([
      this.#api.leave(this.#signaling.token).catch(() => {}),
      pause(LEAVE_TIMEOUT_MS),
    ]);
    this.#close("left", "You have left the room.");
  }

  #sayBye(): void {
    const seq = this.#signaling.nextSeq();
    this.#members.bye({ v: 1, seq, kind: "bye", body: { reason: "left" } });
  }

  /** A reload comes back with `secret` as the same peer. */
  #unloaded(): void {
    this.#signaling.stopReconnecting();
    this.#sayBye();
    this.#api.leaveBeacon(this.#signaling.token);
  }

  #close(code: ErrorCode, message: string): void {
    if (this.state === "closed") return;
    this.#unlisten();
    this.#members.close();
    void this.#signaling.stop();
    this.#setState("closed");
    this.#events.emit("closed", { code, message });
  }

  #reporting(api: Api): ReportsPorts {
    return {
      send: (report) => api.report(report, this.#signaling.token),
      beacon: (report) => api.reportBeacon(report, this.#signaling.token),
    };
  }

  #requireOpen(): void {
    if (this.state !== "closed" && !this.#leaving) return;
    throw new HeliographError("closed", "The room is closed.");
  }
}
