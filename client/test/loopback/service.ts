/**
 * A backend and a SignalR service on loopback: HTTP and WebSockets as the real ones speak them, with
 * answers that a test can set. The client under test uses its real HTTP and SignalR libraries.
 *
 * Everybody has the same seat, and the newest socket of which the functions have heard is the one that
 * it names. Unlike the real ones, they do not end the one before.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import WebSocket, { type Socket, type Server as SocketServer } from "ws";
import type { Admission, Envelope } from "../../src/wire/protocol.js";

const END_OF_FRAME = "\x1e"; // SignalR's JSON protocol
/** They are told by name; all else goes to the group, in which are the sockets that were heard of. */
const BY_NAME: ReadonlySet<string> = new Set(["signal", "admitted", "joined", "closed"]);

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
  /** So many of the next sockets open and the functions do not hear of it. */
  losesConnected = 0;
  /** Members of negotiate's answer. */
  admission: Partial<Admission> = {};
  readonly #http: Server;
  readonly #sockets: SocketServer;
  /** By access token: `admittedAt` of the answer that held it. */
  readonly #admitted = new Map<string, number>();
  /** The sockets that the functions have heard of, the newest last, each with its answer. */
  readonly #group = new Map<Socket, number>();
  #admittedAt = 0;

  private constructor() {
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#sockets = new WebSocket.Server({ server: this.#http });
    this.#sockets.on("connection", (socket, request) => this.#accept(socket, request));
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

  /** To every open socket, if it is told by name, and else to those in the group. */
  push(target: string, argument: unknown): void {
    const message = { type: 1, target, arguments: [JSON.stringify(argument)] };
    const sockets = BY_NAME.has(target) ? this.#sockets.clients : this.#group.keys();
    for (const socket of sockets) this.#send(message, socket);
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
    const none = { iceServers: [], peers: [], parked: [] };
    const rest = { ...none, turn: "off" as const, capacity: 8, locked: false };
    const token = `token-${this.pathsOf("/api/negotiate").length}`;
    const url = `${this.#origin}/client/?hub=signaling`;
    const socket = { url, ...this.#socketNow() };
    return { ...socket, ...place, ...rest, token, ttl: 3_600, ...this.admission };
  }

  /** Each answer is another one; it names the one by which the seat's socket was opened. */
  #socketNow(): Pick<Admission, "accessToken" | "admittedAt" | "socketAdmittedAt"> {
    const admittedAt = Math.max(Date.now(), this.#admittedAt + 1);
    const accessToken = `a.b.${admittedAt}`;
    const socketAdmittedAt = [...this.#group.values()].at(-1);
    this.#admittedAt = admittedAt;
    this.#admitted.set(accessToken, admittedAt);
    const known = socketAdmittedAt === undefined ? {} : { socketAdmittedAt };
    return { accessToken, admittedAt, ...known };
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = new URL(request.url ?? "/", this.#origin).pathname;
    const text = Buffer.concat(chunks).toString();
    const { token, ...sent } = text ? JSON.parse(text) : {};
    const { status, body } = this.#answerTo({ path, token, body: sent });
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  }

  #answerTo(call: HttpCall): HttpAnswer {
    this.calls.push(call);
    const next = this.nextAnswers.get(call.path)?.shift();
    if (next) return next;
    const isNegotiate = call.path === "/api/negotiate";
    return { status: 200, body: isNegotiate ? this.admissionNow() : { ok: true } };
  }

  /** The service takes no token that negotiate has not given. */
  #accept(socket: Socket, { headers }: IncomingMessage): void {
    const admittedAt = this.#admitted.get(headers.authorization?.replace("Bearer ", "") ?? "");
    if (admittedAt === undefined || !this.accepts) {
      socket.terminate();
      return;
    }
    socket.on("close", () => this.#group.delete(socket));
    socket.on("message", (data) => {
      for (const text of data.toString().split(END_OF_FRAME).filter(Boolean)) {
        const frame = JSON.parse(text);
        if (frame.protocol) this.#opened(socket, admittedAt);
        else void this.#received(socket, frame);
      }
    });
  }

  /** The service tells the functions once. */
  #opened(socket: Socket, admittedAt: number): void {
    this.#send({}, socket);
    if (this.losesConnected > 0) this.losesConnected -= 1;
    else {
      this.#group.set(socket, admittedAt);
      const argument = JSON.stringify({ admittedAt });
      this.#send({ type: 1, target: "admitted", arguments: [argument] }, socket);
    }
  }

  async #received(socket: Socket, frame: Record<string, unknown>): Promise<void> {
    if (frame.type !== 1) return;
    const [text] = frame.arguments as [string];
    const envelope = JSON.parse(text) as Envelope;
    const invocation = { method: String(frame.target), envelope };
    this.invocations.push(invocation);
    const result = await this.reply(invocation);
    this.#send({ type: 3, invocationId: frame.invocationId, result }, socket);
  }

  #send(message: object, socket: Socket): void {
    socket.send(JSON.stringify(message) + END_OF_FRAME);
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
