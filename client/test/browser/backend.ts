/**
 * A stamp in memory that speaks HTTP and SignalR's JSON to whoever uses fetch and WebSocket. Several
 * of them share nothing but how a peer id is made of a secret (docs/protocol.md §2), and each can
 * die, freeze, and come back.
 */

import type { TurnPolicy } from "../../src/types.js";
import type { Envelope, Listed } from "../../src/wire/protocol.js";

const END = "\x1e";
/** docs/protocol.md §4. */
const SEAT_MS = 30_000;
const NEGOTIATION: ReadonlySet<string> = new Set(["offer", "answer", "candidates", "restart"]);

type Refusal = { status: number; code: string; retryAfter?: number; challenge?: unknown };

interface Seat {
  id: string;
  name: string;
  role: "guest" | "host";
  visit: number;
  offer?: Listed["offer"];
  /** The one that the stamp knows: it is in the group. */
  socket?: FakeSocket | undefined;
  /** ms since 1970: since then it has no socket. */
  silentSince: number;
}

/** What hosts have decided; it goes from stamp to stamp as a text. */
interface Orders {
  version: number;
  locked: boolean;
  kicked: string[];
}

/**
 * | State | HTTP | Sockets |
 * |---|---|---|
 * | well | answers | open |
 * | dead (its process is killed) | the connection is refused | end, and none opens |
 * | frozen (SIGSTOP) | never answers | stay as they are, and say nothing until it goes on |
 */
export type Health = "well" | "dead" | "frozen";

export class Backend {
  readonly calls: string[] = [];
  readonly envelopes: Envelope[] = [];
  readonly seats = new Map<string, Seat>();
  /** The next calls of a path are refused so. */
  readonly refusals = new Map<string, Refusal[]>();
  /** What every call said. */
  readonly bodies: Record<string, unknown>[] = [];
  /** The room's policy about relays. */
  turn: TurnPolicy = "off";
  capacity = 8;
  /** For everyone. */
  iceServers: RTCIceServer[] = [];
  /** No socket opens. */
  socketsAway = false;
  /** So many of the next sockets open and it does not hear of it. */
  losesConnected = 0;
  orders: Orders = { version: 0, locked: false, kicked: [] };
  health: Health = "well";
  /** So many of the next texts are taken, and delivered to nobody. */
  loses = 0;
  /** It delivers nothing by which a connection comes about. */
  losesNegotiation = false;
  /** What `POST /api/rooms` answers, beside an invite. */
  created: object = {};
  /** What it does when it goes on. */
  readonly #held: (() => void)[] = [];
  /** All sockets that are open, whether it knows them or not. */
  readonly #open = new Set<FakeSocket>();
  #admittedAt = 0;

  /** `origin` of its HTTP, "" for the page's own. */
  constructor(readonly origin = location.origin) {}

  get backend(): string {
    return `${this.origin}/api`;
  }

  /** Its process is killed: who is connected sees the connection end. */
  die(): void {
    this.health = "dead";
    for (const socket of [...this.#open]) socket.end();
  }

  freeze(): void {
    this.health = "frozen";
  }

  /** It is started again, or goes on. What it has stored is still there. */
  comeBack(): void {
    this.health = "well";
    for (const each of this.#held.splice(0)) each();
  }

  /** Does something now, or when it goes on. */
  act(action: () => void): void {
    if (this.health === "frozen") this.#held.push(action);
    else if (this.health === "well") action();
  }

  async answer(url: URL, init?: RequestInit): Promise<Response> {
    const path = url.pathname.replace("/api", "");
    if (this.health === "dead") throw new TypeError("Failed to fetch");
    if (this.health === "frozen") await this.#thaw(init?.signal);
    this.calls.push(path);
    const body = JSON.parse(String(init?.body ?? "{}"));
    this.bodies.push(body);
    const refusal = this.refusals.get(path)?.shift();
    if (refusal) return refused(refusal);
    return this.#handle(path, body);
  }

  /** The service opens the socket, and tells the stamp once. */
  connect(socket: FakeSocket): void {
    if (socket.readyState !== FakeSocket.OPEN) return;
    if (this.socketsAway || this.health !== "well") {
      socket.end();
      return;
    }
    this.#open.add(socket);
    if (this.losesConnected > 0) this.losesConnected -= 1;
    else this.#connected(socket);
  }

  /** The socket has ended. */
  disconnect(socket: FakeSocket): void {
    this.#open.delete(socket);
    const seat = this.seats.get(socket.peer);
    if (seat?.socket !== socket) return;
    seat.socket = undefined;
    seat.silentSince = Date.now();
    this.act(() => this.push("disconnected", { peer: seat.id }, seat.id));
  }

  /** The sockets of this peer: who speaks to it by name reaches them all. */
  socketsOf(peer: string): FakeSocket[] {
    return [...this.#open].filter((socket) => socket.peer === peer);
  }

  receive(from: string, envelope: Envelope): object {
    this.envelopes.push(envelope);
    const { to, seq, kind, body } = envelope;
    const seat = this.seats.get(from);
    if (!seat) return { ok: false, code: "not_member", message: "You are not in this room." };
    if (kind === "text" && this.loses-- > 0) return { ok: true };
    if (this.losesNegotiation && NEGOTIATION.has(kind)) return { ok: true };
    const argument = { v: 1, from, seq, kind, body };
    if (kind === "offer" && !to) seat.offer = { seq, body: envelope.body };
    else if (to) this.#pushTo(to, "signal", argument);
    else this.push("message", argument);
    return { ok: true };
  }

  /** To everyone: all but `joined` goes to the group. */
  push(target: string, argument: object, except?: string): void {
    for (const [id, { socket }] of this.seats) {
      if (id === except) continue;
      if (target === "joined") this.#pushTo(id, target, argument);
      else socket?.push(target, argument);
    }
  }

  /** As the call of a host does. */
  kick(peer: string): void {
    this.orders.kicked.push(peer);
    this.#obey();
    this.#tellOrders();
  }

  #connected(socket: FakeSocket): void {
    const seat = this.seats.get(socket.peer);
    if (!seat) {
      socket.end();
      return;
    }
    const before = seat.socket;
    seat.socket = socket;
    before?.push("closed", { code: "replaced", message: "You are connected elsewhere." });
    before?.endSoon();
    socket.push("admitted", { admittedAt: socket.admittedAt });
    const { id, name, role, visit } = seat;
    this.push("joined", { peer: id, name, role, joinedAt: 1, visit, met: `met ${id}` }, id);
  }

  #pushTo(peer: string, target: string, argument: object): void {
    for (const socket of this.socketsOf(peer)) socket.push(target, argument);
  }

  #handle(path: string, body: Record<string, unknown>): Promise<Response> | Response {
    const [peer = "", visit] = String(body.token ?? "").split(".");
    switch (path) {
      case "/negotiate":
        return this.#admit(body);
      case "/signal":
        return answer(200, this.receive(peer, body as unknown as Envelope));
      case "/turn":
        return answer(200, turnAnswer(this.seats.has(peer)));
      case "/leave":
        this.#leave(peer, Number(visit));
        return new Response(null, { status: 204 });
      default:
        return this.#decide(path, body);
    }
  }

  /** One that is older than the seat's page is of a page before, and ignored. */
  #leave(peer: string, visit: number): void {
    const seat = this.seats.get(peer);
    if (!seat || visit < seat.visit) return;
    this.#remove(seat, "left");
  }

  #remove(seat: Seat, reason: "left" | "kicked" | "expired"): void {
    this.seats.delete(seat.id);
    this.push("left", { peer: seat.id, reason, visit: seat.visit });
    if (reason !== "kicked" && !seat.socket) return;
    for (const socket of this.socketsOf(seat.id)) socket.endSoon();
  }

  #decide(path: string, body: Record<string, unknown>): Response {
    if (path.endsWith("/kick")) this.kick(String(body.peer));
    if (path.endsWith("/lock")) {
      const { version } = this.orders;
      this.orders = { ...this.orders, version: version + 1, locked: body.locked === true };
      this.#tellOrders();
    }
    const { locked } = this.orders;
    const orders = JSON.stringify(this.orders);
    const invite = { invite: "~AAECAwQFBgcICQoLDA0ODw", expiresAt: 1, uses: 1 };
    return answer(200, { ok: true, locked, orders, ...invite, ...this.created });
  }

  #tellOrders(): void {
    const { locked } = this.orders;
    this.push("orders", { orders: JSON.stringify(this.orders), locked });
  }

  /** Takes over what another stamp has told. */
  #merge(told: unknown): void {
    if (typeof told !== "string") return;
    const other = JSON.parse(told) as Orders;
    const lock = other.version > this.orders.version ? other : this.orders;
    const kicked = [...new Set([...this.orders.kicked, ...other.kicked])];
    this.orders = { version: lock.version, locked: lock.locked, kicked };
    this.#obey();
  }

  #obey(): void {
    for (const peer of this.orders.kicked) {
      const seat = this.seats.get(peer);
      const argument = { code: "kicked", message: "The host has removed you from this room." };
      if (!seat) continue;
      this.#pushTo(peer, "closed", argument);
      this.#remove(seat, "kicked");
    }
  }

  async #admit(body: Record<string, unknown>): Promise<Response> {
    const id = await peerOf(String(body.room), String(body.secret));
    const visit = Number(body.visit);
    this.#merge(body.orders);
    this.#expire(id);
    const known = this.seats.get(id);
    if (this.orders.kicked.includes(id)) return refused({ status: 403, code: "kicked" });
    if (!known && this.orders.locked) return refused({ status: 403, code: "room_locked" });
    if (!known && this.seats.size >= this.capacity) {
      return refused({ status: 409, code: "room_full" });
    }
    const isNew = !known || visit > known.visit;
    const fresh: Seat = { id, name: "", role: "guest", visit, silentSince: Date.now() };
    const seat = known ?? fresh;
    seat.name = String(body.name ?? seat.name);
    seat.visit = Math.max(visit, seat.visit);
    if (isNew) delete seat.offer;
    const others = [...this.seats.values()].filter((other) => other.id !== id);
    const peers = others.map((other) => listed(other, isNew));
    if (isNew) for (const other of others) delete other.offer;
    this.seats.set(id, seat);
    return answer(200, this.#admission(seat, String(body.room), peers));
  }

  /** Each answer is another one; it names the one by which the seat's socket was opened. */
  #admission(seat: Seat, room: string, peers: object[]): object {
    const { id, name, role, visit } = seat;
    const admittedAt = Math.max(Date.now(), this.#admittedAt + 1);
    this.#admittedAt = admittedAt;
    const known = seat.socket ? { socketAdmittedAt: seat.socket.admittedAt } : {};
    const accessToken = `${id}.${admittedAt}`;
    const url = `${this.origin}/client/?hub=signaling`;
    const socket = { url, accessToken, admittedAt, ...known };
    const place = { room, peer: id, role, name, token: `${id}.${visit}`, visit };
    const { version, kicked, locked } = this.orders;
    const decided = version || kicked.length ? { orders: JSON.stringify(this.orders) } : {};
    const { iceServers, capacity } = this;
    const rest = { ttl: 3_600, iceServers, capacity };
    return { ...socket, ...place, ...rest, ...decided, locked, turn: this.turn, peers };
  }

  /** Whoever asks makes the stamp look for those who are gone: the service knows all sockets. */
  #expire(asks: string): void {
    for (const seat of [...this.seats.values()]) {
      const isStale = !seat.socket && Date.now() - seat.silentSince > SEAT_MS;
      if (!isStale || seat.id === asks) continue;
      if (this.socketsOf(seat.id).length === 0) this.#remove(seat, "expired");
      else seat.silentSince = Date.now();
    }
  }

  #thaw(signal?: AbortSignal | null): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#held.push(resolve);
      signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    });
  }
}

/** The same on every stamp. */
async function peerOf(room: string, secret: string): Promise<string> {
  const text = new TextEncoder().encode(`${room}\n${secret}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  const base64 = btoa(String.fromCharCode(...hash));
  return base64.replace(/\+/g, "-").replace(/\//g, "_").slice(0, 16);
}

/** Its parked offer is given to one newcomer. */
function listed({ id, name, role, visit, offer, socket }: Seat, isNew: boolean): object {
  const connected = socket !== undefined;
  const seat = { peer: id, name, role, joinedAt: 1, visit, connected, met: `met ${id}` };
  return { ...seat, ...(offer && isNew ? { offer } : {}) };
}

/** Nobody listens there. */
function turnAnswer(granted: boolean): object {
  const turn = { urls: ["turn:127.0.0.1:9"], username: "u", credential: "c" };
  const relay = { iceServers: [turn], ttl: 600 };
  return { level: "normal", granted, iceServers: [], ...(granted ? relay : {}) };
}

function refused({ status, ...error }: Refusal): Response {
  return answer(status, { error: { message: "No.", ...error } });
}

function answer(status: number, value: object): Response {
  return new Response(JSON.stringify(value), { status });
}

let stamps: readonly Backend[] = [];

function stampAt(url: URL): Backend {
  const stamp = stamps.find(({ origin }) => new URL(origin).host === url.host);
  if (!stamp) throw new TypeError("Failed to fetch");
  return stamp;
}

/** The parts of WebSocket that SignalR uses. */
class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  readyState = 0;
  binaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { wasClean: boolean; code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly peer: string;
  /** Of the answer with which it was opened. */
  readonly admittedAt: number;
  readonly #backend: Backend;

  constructor(address: string) {
    const url = new URL(address);
    const [peer = "", admittedAt] = (url.searchParams.get("access_token") ?? "").split(".");
    this.peer = peer;
    this.admittedAt = Number(admittedAt);
    this.#backend = stampAt(url);
    setTimeout(() => {
      if (this.#backend.health === "dead") this.end();
      this.#backend.act(() => {
        this.readyState = 1;
        this.onopen?.();
      });
    }, 1);
  }

  send(data: string): void {
    this.#backend.act(() => {
      for (const frame of data.split(END).filter(Boolean)) this.#take(JSON.parse(frame));
    });
  }

  push(target: string, argument: object): void {
    this.#reply({ type: 1, target, arguments: [JSON.stringify(argument)] });
  }

  /** The service ends it, after what it has pushed. */
  endSoon(): void {
    setTimeout(() => this.end(), 5);
  }

  /** The network goes. */
  end(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#backend.disconnect(this);
    this.onclose?.({ wasClean: false, code: 1006, reason: "" });
  }

  close(): void {
    this.readyState = 3;
    this.#backend.disconnect(this);
    setTimeout(() => this.onclose?.({ wasClean: true, code: 1000, reason: "" }), 0);
  }

  #take({ protocol, type, invocationId, arguments: args }: Frame): void {
    if (protocol) {
      this.#reply({});
      setTimeout(() => this.#backend.connect(this), 1);
    } else if (type === 6) {
      this.#reply({ type });
    } else if (type === 1) {
      const result = this.#backend.receive(this.peer, JSON.parse(args?.[0] ?? "null"));
      this.#reply({ type: 3, invocationId, result });
    }
  }

  #reply(message: object): void {
    const data = JSON.stringify(message) + END;
    setTimeout(() => {
      this.#backend.act(() => this.readyState === 1 && this.onmessage?.({ data }));
    }, 1);
  }
}

interface Frame {
  protocol?: string;
  type?: number;
  invocationId?: string;
  arguments?: string[];
}

/** From now on fetch and WebSocket reach these stamps; the answer undoes it. */
export function install(...backends: Backend[]): () => void {
  stamps = backends;
  const { fetch, WebSocket } = globalThis;
  globalThis.fetch = (input, init) => {
    const url = new URL(String(input), location.origin);
    return Promise.resolve().then(() => stampAt(url).answer(url, init));
  };
  globalThis.WebSocket = FakeSocket as unknown as typeof WebSocket;
  return () => {
    globalThis.fetch = fetch;
    globalThis.WebSocket = WebSocket;
  };
}
