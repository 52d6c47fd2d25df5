/**
 * A backend and a SignalR service on loopback: HTTP, WebSockets and long polling as the real ones speak
 * them, with answers that a test can set. The client under test uses its real HTTP and SignalR libraries.
 *
 * Everybody has the same seat, and the newest socket of which the functions have heard is the one that
 * it names. Unlike the real ones, they do not end the one before.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import WebSocket, { type Server as SocketServer } from "ws";
import type { Admission, Envelope } from "../../src/wire/protocol.js";
import { type Peer, Polls } from "./polls.js";

/** SignalR's client sends its token in a header from Node, which Node's own WebSocket cannot. */
globalThis.WebSocket = WebSocket as unknown as typeof globalThis.WebSocket;

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

/**
 * What becomes of a WebSocket on its way:
 *
 * - `open`: it reaches the service
 * - `refused`: the upgrade is answered with 403
 * - `reset`: the TCP connection is
 * - `hung`: the upgrade is never answered
 * - `swallowed`: it opens, and what is said by it reaches nobody
 */
export type Way = "open" | "refused" | "reset" | "hung" | "swallowed";

export class Service {
  /** What becomes of WebSockets on the way to a service that is made from here on. */
  static sockets: Way = "open";
  /** To the functions. */
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
  sockets: Way = Service.sockets;
  /** So many WebSockets were asked for. */
  upgrades = 0;
  readonly polls = new Polls((peer, request) => this.#accept(peer, request));
  /** Members of negotiate's answer. */
  admission: Partial<Admission> = {};
  readonly #http: Server;
  readonly #sockets: SocketServer;
  /** By access token: `admittedAt` of the answer that held it. */
  readonly #admitted = new Map<string, number>();
  /** The sockets that the functions have heard of, the newest last, each with its answer. */
  readonly #group = new Map<Peer, number>();
  /** The connections that the service has taken. */
  readonly #peers = new Set<Peer>();
  /** Upgrades that nobody has answered, each with what answers it. */
  readonly #hung = new Map<Duplex, () => void>();
  #admittedAt = 0;

  private constructor() {
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#sockets = new WebSocket.Server({ noServer: true });
    this.#http.on("upgrade", (...asked) => this.#upgrade(...asked));
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
    return this.#peers.size;
  }

  /** WebSockets that a client holds, and that do not reach the service. */
  get lostSockets(): number {
    const open = [...this.#sockets.clients].filter((socket) => !this.#peers.has(socket));
    return this.#hung.size + open.length;
  }

  /** The upgrades that hang are answered after all. */
  answerUpgrades(): void {
    for (const answer of this.#hung.values()) answer();
    this.#hung.clear();
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
    const sockets = BY_NAME.has(target) ? this.#peers : this.#group.keys();
    for (const socket of sockets) this.#send(message, socket);
  }

  /** The network goes: no close frame. */
  dropSockets(): void {
    for (const peer of [...this.#peers, ...this.#sockets.clients]) peer.terminate();
    for (const connection of this.#hung.keys()) connection.destroy();
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
    const url = new URL(request.url ?? "/", this.#origin);
    const path = url.pathname;
    const text = Buffer.concat(chunks).toString();
    if (path.startsWith("/client/")) return this.polls.handle(request, url, text, response);
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

  #upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    this.upgrades += 1;
    const isSwallowed = this.sockets === "swallowed";
    const open = () => {
      this.#sockets.handleUpgrade(request, connection, head, (socket) => {
        if (!isSwallowed && !this.#accept(socket, request)) socket.terminate();
      });
    };
    if (this.sockets === "refused") connection.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    else if (this.sockets === "reset") connection.destroy();
    else if (this.sockets !== "hung") open();
    else {
      this.#hung.set(connection, open);
      connection.on("close", () => this.#hung.delete(connection));
      connection.resume().on("end", () => connection.destroy());
    }
  }

  /** The service takes no token that negotiate has not given. */
  #accept(peer: Peer, { headers }: IncomingMessage): boolean {
    const admittedAt = this.#admitted.get(headers.authorization?.replace("Bearer ", "") ?? "");
    if (admittedAt === undefined || !this.accepts) return false;
    this.#peers.add(peer);
    peer.on("close", () => {
      this.#peers.delete(peer);
      this.#group.delete(peer);
    });
    peer.on("message", (data) => {
      for (const text of data.toString().split(END_OF_FRAME).filter(Boolean)) {
        const frame = JSON.parse(text);
        if (frame.protocol) this.#opened(peer, admittedAt);
        else void this.#received(peer, frame);
      }
    });
    return true;
  }

  /** The service tells the functions once. */
  #opened(peer: Peer, admittedAt: number): void {
    this.#send({}, peer);
    if (this.losesConnected > 0) this.losesConnected -= 1;
    else {
      this.#group.set(peer, admittedAt);
      const argument = JSON.stringify({ admittedAt });
      this.#send({ type: 1, target: "admitted", arguments: [argument] }, peer);
    }
  }

  async #received(peer: Peer, frame: Record<string, unknown>): Promise<void> {
    if (frame.type !== 1) return;
    const [text] = frame.arguments as [string];
    const envelope = JSON.parse(text) as Envelope;
    const invocation = { method: String(frame.target), envelope };
    this.invocations.push(invocation);
    const result = await this.reply(invocation);
    this.#send({ type: 3, invocationId: frame.invocationId, result }, peer);
  }

  #send(message: object, peer: Peer): void {
    peer.send(JSON.stringify(message) + END_OF_FRAME);
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
