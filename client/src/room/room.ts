/** A room from inside: what its members and the servers say, and what follows from it. */

import { type ErrorCode, HeliographError } from "../errors.js";
import { Reports, type ReportsPorts } from "../report/reports.js";
import { pause } from "../timing/backoff.js";
import { TurnAccess } from "../turn/access.js";
import { TurnMemory } from "../turn/memory.js";
import type * as Public from "../types.js";
import type { Api } from "../wire/api.js";
import { sequence } from "../wire/ids.js";
import type { Admission, Envelope, Push } from "../wire/protocol.js";
import { Emitter } from "./events.js";
import { Members } from "./members.js";
import { checkData, checkText, fit, type Saying } from "./saying.js";
import { Signaling } from "./signaling.js";

const FAREWELL = 2_000; // ms that the backend's answer to `leave` is waited for
// The seat ended of itself, nobody took it from us.
const OUTLIVED = new Set<ErrorCode>(["token_expired", "bad_token"]);

export interface Entry {
  api: Api;
  admission: Admission;
  hostToken?: string | undefined;
  rtc?: RTCConfiguration | undefined;
  report?: boolean | undefined;
}

export class JoinedRoom implements Public.Room {
  readonly id: string;
  readonly self: Public.Room["self"];
  state: Public.RoomState = "connecting";
  capacity: number;
  locked: boolean;
  readonly #api: Api;
  readonly #hostToken: string | undefined;
  readonly #events = new Emitter<Public.RoomEvents>();
  readonly #members: Members;
  readonly #signaling: Signaling;
  readonly #unlisten: () => void;
  #orphaned: HeliographError | null = null; // no seat any more, but a call that works
  #leaving: Promise<void> | null = null;

  constructor({ api, admission, hostToken, rtc = {}, report = true }: Entry) {
    const { room, peer: id, name, role, capacity, locked } = admission;
    this.id = room;
    this.self = { id, name, role };
    this.capacity = capacity;
    this.locked = locked;
    this.#api = api;
    this.#hostToken = hostToken;
    this.#signaling = new Signaling(api, admission, {
      pushed: (push) => this.#pushed(push),
      admitted: (again) => this.#admitted(again),
      state: (state) => this.#become(state),
      refused: (error) => this.#refused(error),
      failed: ({ code, message }) => this.#emit("error", { code, message }),
      nextSeq: sequence(),
    });
    this.#members = new Members({
      self: id,
      turn: new TurnAccess({
        rtc,
        memory: new TurnMemory(api.base),
        fetch: (to, signal) => api.turn(to, this.token, signal),
      }),
      reports: new Reports(report ? this.#reporting(api) : null),
      signaling: this.#signaling,
      emit: (event, value) => this.#emit(event, value),
      seatLost: () => this.#signaling.reseat(),
    });
    this.#unlisten = this.#listenToPage();
    // A turn later, so that whoever awaits `join` can listen first.
    nextTurn(() => this.#admitted(admission));
  }

  get token(): string {
    return this.#signaling.token;
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
    return this.#tell(peerId, { kind: "data", body: checkData(data) });
  }

  async broadcast(data: unknown): Promise<Public.Via> {
    return this.#tellAll({ kind: "data", body: checkData(data) });
  }

  async sendText(text: string, peerId?: string): Promise<Public.Via> {
    checkText(text);
    const saying: Saying = { kind: "text", body: { text } };
    return peerId === undefined ? this.#tellAll(saying) : this.#tell(peerId, saying);
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async kick(peerId: string): Promise<void> {
    await this.#api.kick(this.id, peerId, this.#hostToken ?? this.token);
  }

  async lock(locked: boolean): Promise<void> {
    await this.#api.lock(this.id, locked, this.#hostToken ?? this.token);
    this.locked = locked;
  }

  async invite(options: Public.InviteOptions = {}): Promise<Public.Invite> {
    return this.#api.invite(this.id, options, this.#hostToken ?? this.token);
  }

  async #tell(peerId: string, saying: Saying): Promise<Public.Via> {
    this.#mustBeOpen();
    const peer = this.#members.peers.get(peerId);
    if (!peer) throw new HeliographError("peer_not_found", "This peer is not in the room.");
    const envelope: Envelope = { v: 1, seq: this.#signaling.nextSeq(), to: peerId, ...saying };
    if (await peer.say(envelope)) return "p2p";
    await this.#signaling.post(fit(envelope));
    return "server";
  }

  /** Those with an open channel hear it there, and drop the server's copy by its seq. */
  async #tellAll(saying: Saying): Promise<Public.Via> {
    this.#mustBeOpen();
    const envelope: Envelope = { v: 1, seq: this.#signaling.nextSeq(), ...saying };
    const peers = [...this.#members.peers.values()];
    if (peers.some((peer) => !peer.up)) fit(envelope); // throws before anyone has heard it
    const heard = await Promise.all(peers.map((peer) => peer.say(envelope)));
    if (heard.every(Boolean)) return "p2p";
    await this.#signaling.post(fit(envelope));
    return "server";
  }

  #pushed(push: Push): void {
    if (this.state === "closed" || this.#leaving) return;
    if (push.target === "closed") this.#close(push.code, push.message);
    else this.#members.pushed(push);
  }

  #admitted(admission: Admission): void {
    if (this.state === "closed") return;
    this.capacity = admission.capacity;
    this.locked = admission.locked;
    this.#members.reconcile(admission);
  }

  /** A call that works goes on without a seat; it ends with the last connection. */
  #refused(error: HeliographError): void {
    void this.#signaling.stop();
    this.#become("reconnecting");
    this.#orphaned = error;
    if (!OUTLIVED.has(error.code) || !this.#members.anyUp) this.#close(error.code, error.message);
  }

  #emit<K extends keyof Public.RoomEvents>(event: K, value: Public.RoomEvents[K]): void {
    if (this.#leaving || this.state === "closed") return;
    this.#events.emit(event, value);
    const orphaned = this.#orphaned;
    if (orphaned && event !== "text" && event !== "data" && !this.#members.anyUp) {
      this.#close(orphaned.code, orphaned.message);
    }
  }

  #become(state: Public.RoomState): void {
    if (this.state === state || this.state === "closed") return;
    this.state = state;
    if (state === "connected") this.#members.opened();
    this.#events.emit("state", { state });
  }

  async #leave(): Promise<void> {
    if (this.state === "closed") return;
    this.#signaling.retire();
    this.#sayBye();
    // The channels deliver the farewell meanwhile.
    await Promise.race([this.#api.leave(this.token).catch(() => {}), pause(FAREWELL)]);
    this.#close("left", "You have left the room.");
  }

  #sayBye(): void {
    this.#members.bye({
      v: 1,
      seq: this.#signaling.nextSeq(),
      kind: "bye",
      body: { reason: "left" },
    });
  }

  #close(code: ErrorCode, message: string): void {
    if (this.state === "closed") return;
    this.#unlisten();
    this.#members.close();
    void this.#signaling.stop();
    this.#become("closed");
    this.#events.emit("closed", { code, message });
  }

  #reporting(api: Api): ReportsPorts {
    return {
      send: (report) => api.report(report, this.token),
      beacon: (report) => api.reportBeacon(report, this.token),
    };
  }

  #mustBeOpen(): void {
    if (this.state !== "closed" && !this.#leaving) return;
    throw new HeliographError("closed", "The room is closed.");
  }

  /**
   * A page that goes away leaves, unless it may come back as it was (bfcache): then its seat waits
   * 30 s as for any lost socket. A reload comes back with `token`.
   */
  #listenToPage(): () => void {
    const hide = (event: PageTransitionEvent) => {
      if (event.persisted) return;
      this.#signaling.retire();
      this.#sayBye();
      this.#api.leaveBeacon(this.token);
    };
    const online = () => this.#signaling.hurry();
    addEventListener("pagehide", hide);
    addEventListener("online", online);
    return () => {
      removeEventListener("pagehide", hide);
      removeEventListener("online", online);
    };
  }
}

/** A task of its own, not slowed down in hidden pages as timers are. */
function nextTurn(task: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    task();
  };
  port2.postMessage(null);
}
