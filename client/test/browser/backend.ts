/** A backend in memory that speaks HTTP and SignalR's JSON to whoever uses fetch and WebSocket. */

import type { TurnPolicy } from "../../src/types.js";
import type { Envelope, Listed } from "../../src/wire/protocol.js";

const END = "\x1e";
type Refusal = { status: number; code: string; retryAfter?: number; challenge?: unknown };

interface Seat {
  id: string;
  name: string;
  role: "guest" | "host";
  offer?: Listed["offer"];
  socket?: FakeSocket | undefined;
}

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
  /** No socket opens. */
  socketsAway = false;
  #next = 0;

  readonly fetch: typeof fetch = async (input, init) => {
    const path = new URL(String(input), "http://backend.example").pathname.replace("/api", "");
    if (path.startsWith("/client/negotiate")) return this.#connection();
    this.calls.push(path);
    this.bodies.push(JSON.parse(String(init?.body ?? "{}")));
    const refusal = this.refusals.get(path)?.shift();
    if (refusal) {
      const { status, ...error } = refusal;
      return answer(status, { error: { message: "No.", ...error } });
    }
    const token = new Headers(init?.headers).get("Authorization")?.slice("Bearer ".length);
    const body = JSON.parse(String(init?.body ?? "{}"));
    return this.#handle(path, body, token);
  };

  connect(socket: FakeSocket, peer: string): void {
    const seat = this.seats.get(peer);
    if (!seat || this.socketsAway) {
      socket.end();
      return;
    }
    seat.socket = socket;
    this.push("joined", { peer, name: seat.name, role: seat.role, joinedAt: 1 }, peer);
  }

  receive(from: string, envelope: Envelope): object {
    this.envelopes.push(envelope);
    const { to, seq, kind, body } = envelope;
    const seat = this.seats.get(from);
    if (!seat) return { ok: false, code: "not_member", message: "You are not in this room." };
    const argument = { v: 1, from, seq, kind, body };
    if (kind === "offer" && !to) seat.offer = { seq, body: envelope.body };
    else if (to) this.seats.get(to)?.socket?.push("signal", argument);
    else this.push("message", argument);
    return { ok: true };
  }

  push(target: string, argument: object, except?: string): void {
    for (const [id, { socket }] of this.seats) if (id !== except) socket?.push(target, argument);
  }

  #handle(path: string, body: Record<string, unknown>, token?: string): Response {
    switch (path) {
      case "/negotiate":
        return this.#admit(body, token);
      case "/signal":
        return answer(200, this.receive(token ?? "", body as unknown as Envelope));
      case "/turn":
        return answer(200, turnAnswer(Boolean(this.seats.has(token ?? ""))));
      case "/leave":
        this.seats.delete(token ?? "");
        this.push("left", { peer: token, reason: "left" });
        return new Response(null, { status: 204 });
      default:
        return answer(200, { ok: true, locked: true, invite: "i", expiresAt: 1, uses: 1 });
    }
  }

  /** The token of a seat is its id. */
  #admit(body: Record<string, unknown>, token?: string): Response {
    this.#next += 1;
    const id = token ?? `${this.#next}`.padStart(16, "P");
    const fresh: Seat = { id, name: String(body.name ?? ""), role: "guest" };
    const seat = this.seats.get(id) ?? fresh;
    const peers = [...this.seats.values()].filter((other) => other.id !== id).map(listed);
    for (const other of this.seats.values()) delete other.offer;
    this.seats.set(id, seat);
    const socket = { url: "http://service.example/client/?hub=signaling", accessToken: id };
    const place = { room: "r", peer: id, role: "guest", name: seat.name, token: id };
    const rest = { expiresAt: Date.now() + 3_600_000, iceServers: [], capacity: 8, locked: false };
    return answer(200, { ...socket, ...place, ...rest, turn: this.turn, peers });
  }

  #connection(): Response {
    const transport = { transport: "WebSockets", transferFormats: ["Text"] };
    const ids = { connectionId: "c", connectionToken: "t", negotiateVersion: 1 };
    return answer(200, { ...ids, availableTransports: [transport] });
  }
}

function listed({ id, name, role, offer }: Seat): Listed & { joinedAt: number } {
  return { peer: id, name, role, joinedAt: 1, ...(offer ? { offer } : {}) };
}

/** Nobody listens there. */
function turnAnswer(granted: boolean): object {
  const turn = { urls: ["turn:127.0.0.1:9"], username: "u", credential: "c" };
  const relay = { iceServers: [turn], expiresAt: Date.now() + 600_000 };
  return { level: "normal", granted, iceServers: [], ...(granted ? relay : {}) };
}

function answer(status: number, value: object): Response {
  return new Response(JSON.stringify(value), { status });
}

let current: Backend;

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
  readonly #peer: string;
  readonly #backend = current;

  constructor(url: string) {
    this.#peer = new URL(url).searchParams.get("access_token") ?? "";
    setTimeout(() => {
      this.readyState = 1;
      this.onopen?.();
    }, 1);
  }

  send(data: string): void {
    for (const frame of data.split(END).filter(Boolean)) {
      const { protocol, type, invocationId, arguments: args } = JSON.parse(frame);
      if (protocol) {
        this.#reply({});
        setTimeout(() => this.#backend.connect(this, this.#peer), 1);
      } else if (type === 6) {
        this.#reply({ type });
      } else if (type === 1) {
        const result = this.#backend.receive(this.#peer, JSON.parse(args[0]));
        this.#reply({ type: 3, invocationId, result });
      }
    }
  }

  push(target: string, argument: object): void {
    this.#reply({ type: 1, target, arguments: [JSON.stringify(argument)] });
  }

  /** The network goes. */
  end(): void {
    this.readyState = 3;
    this.onclose?.({ wasClean: false, code: 1006, reason: "" });
  }

  close(): void {
    this.readyState = 3;
    setTimeout(() => this.onclose?.({ wasClean: true, code: 1000, reason: "" }), 0);
  }

  #reply(message: object): void {
    const data = JSON.stringify(message) + END;
    setTimeout(() => this.readyState === 1 && this.onmessage?.({ data }), 1);
  }
}

/** From now on fetch and WebSocket reach this backend; the answer undoes it. */
export function install(backend: Backend): () => void {
  current = backend;
  const { fetch, WebSocket } = globalThis;
  globalThis.fetch = backend.fetch;
  globalThis.WebSocket = FakeSocket as unknown as typeof WebSocket;
  return () => {
    globalThis.fetch = fetch;
    globalThis.WebSocket = WebSocket;
  };
}
