/**
 * A backend and a SignalR service on loopback: HTTP and WebSockets as the real ones speak them, with
 * answers that a test can set. The client under test uses its real HTTP and SignalR libraries.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket, { type Socket, type Server as SocketServer } from "ws";
import type { Admission, Envelope } from "../../src/wire/protocol.js";

const END_OF_FRAME = "\x1e"; // SignalR's JSON protocol

export interface HttpAnswer {
  status: number;
  body: unknown;
}

export interface HttpCall {
  path: string;
  token: string | undefined;
  body: unknown;
}

export interface Invocation {
  method: string;
  envelope: Envelope;
}

export class Service {
  readonly calls: HttpCall[] = [];
  readonly invocations: Invocation[] = [];
  /** The next answers of a path, before the usual one. */
  readonly nextAnswers = new Map<string, HttpAnswer[]>();
  /** What a hub method answers; a promise that never resolves is no answer. */
  reply: (invocation: Invocation) => unknown = () => ({ ok: true });
  /** False: no socket can be opened. */
  accepts = true;
  /** Members of negotiate's answer. */
  admission: Partial<Admission> = {};
  readonly #http: Server;
  readonly #sockets: SocketServer;

  private constructor() {
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#sockets = new WebSocket.Server({ server: this.#http });
    this.#sockets.on("connection", (socket) => this.#connected(socket));
  }

  static async start(): Promise<Service> {
    const service = new Service();
    await new Promise<void>((resolve) => service.#http.listen(0, "127.0.0.1", resolve));
    return service;
  }

  /** `http://127.0.0.1:…/api`. */
  get backend(): string {
    return `${this.#origin}/api`;
  }

  get openSockets(): number {
    return this.#sockets.clients.size;
  }

  pathsOf(path: string): HttpCall[] {
    return this.calls.filter((call) => call.path === path);
  }

  refuseNext(path: string, status: number, error: object): void {
    const answer = { status, body: { error: { message: "No.", ...error } } };
    this.nextAnswers.set(path, [...(this.nextAnswers.get(path) ?? []), answer]);
  }

  /** To every open socket. */
  push(target: string, argument: unknown): void {
    this.#send({ type: 1, target, arguments: [JSON.stringify(argument)] });
  }

  /** The network goes: no close frame. */
  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async stop(): Promise<void> {
    this.dropSockets();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** What negotiate answers to everyone. */
  admissionNow(): Admission {
    const place = {
      room: "r",
      peer: "AAAAAAAAAAAAAAAA",
      role: "guest" as const,
      name: "",
      visit: 1,
    };
    const rest = { iceServers: [], turn: "off" as const, peers: [], capacity: 8, locked: false };
    const token = `token-${this.pathsOf("/api/negotiate").length}`;
    const url = `${this.#origin}/client/?hub=signaling`;
    const expiresAt = Date.now() + 3_600_000;
    return { url, accessToken: "a.b.c", ...place, ...rest, token, expiresAt, ...this.admission };
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = new URL(request.url ?? "/", this.#origin).pathname;
    const token = request.headers.authorization?.replace("Bearer ", "");
    const text = Buffer.concat(chunks).toString();
    const { status, body } = this.#answerTo({ path, token, body: text ? JSON.parse(text) : null });
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  }

  #answerTo(call: HttpCall): HttpAnswer {
    if (call.path === "/client/negotiate") return this.#openConnection();
    this.calls.push(call);
    const next = this.nextAnswers.get(call.path)?.shift();
    if (next) return next;
    const isNegotiate = call.path === "/api/negotiate";
    return { status: 200, body: isNegotiate ? this.admissionNow() : { ok: true } };
  }

  #openConnection(): HttpAnswer {
    if (!this.accepts) return { status: 503, body: {} };
    const transport = { transport: "WebSockets", transferFormats: ["Text"] };
    const ids = { connectionId: "c", connectionToken: "t", negotiateVersion: 1 };
    return { status: 200, body: { ...ids, availableTransports: [transport] } };
  }

  #connected(socket: Socket): void {
    socket.on("message", (data) => {
      for (const frame of data.toString().split(END_OF_FRAME).filter(Boolean)) {
        void this.#received(socket, JSON.parse(frame));
      }
    });
  }

  async #received(socket: Socket, frame: Record<string, unknown>): Promise<void> {
    if (frame.protocol) return this.#send({}, socket);
    if (frame.type !== 1) return;
    const [text] = frame.arguments as [string];
    const envelope = JSON.parse(text) as Envelope;
    const invocation = { method: String(frame.target), envelope };
    this.invocations.push(invocation);
    const result = await this.reply(invocation);
    this.#send({ type: 3, invocationId: frame.invocationId, result }, socket);
  }

  #send(message: object, to?: Socket): void {
    const text = JSON.stringify(message) + END_OF_FRAME;
    for (const socket of to ? [to] : this.#sockets.clients) socket.send(text);
  }
}

/** Waits, in real time, for what other tasks bring about. */
export async function until(condition: () => boolean, ms = 5_000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${ms} ms: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
