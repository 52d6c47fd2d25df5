/**
 * Long polling as SignalR Service speaks it: negotiate, then polls, POSTs and a DELETE
 * (`TransportProtocols.md` of dotnet/aspnetcore). The first poll is answered at once; a token that is
 * not known gets 401, a connection that is not there 404.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

/** The other end of a connection, by whatever transport. */
export interface Peer {
  send(data: string): void;
  /** The network goes. */
  terminate(): void;
  on(event: "message", listener: (data: Buffer) => void): void;
  on(event: "close", listener: () => void): void;
}

type Accept = (peer: Peer, request: IncomingMessage) => boolean;

export class Polls {
  /** Of every connection, such as `GET /client/`. Pings are POSTs too. */
  readonly requests: string[] = [];
  /** From now on no request is answered, as where nobody is there any more. */
  isSilent = false;
  /** Tokens that are too old. */
  readonly expired = new Set<string>();
  readonly #negotiated = new Set<string>();
  readonly #open = new Map<string, Polled>();
  readonly #accept: Accept;
  readonly #unanswered = new Map<ServerResponse, () => void>();

  /** `accept` is told of each new connection, and says whether it may be. */
  constructor(accept: Accept) {
    this.#accept = accept;
  }

  /** Requests that a client still waits for since it is silent. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** What was asked in silence is answered after all. */
  answerNow(): void {
    this.isSilent = false;
    for (const answer of this.#unanswered.values()) answer();
  }

  handle(request: IncomingMessage, url: URL, body: string, response: ServerResponse): void {
    this.requests.push(`${request.method} ${url.pathname}`);
    const answer = () => this.#answer(request, url, body, response);
    if (!this.isSilent) answer();
    else {
      this.#unanswered.set(response, answer);
      response.on("close", () => this.#unanswered.delete(response));
    }
  }

  #answer(request: IncomingMessage, url: URL, body: string, response: ServerResponse): undefined {
    const token = (request.headers.authorization ?? "").replace("Bearer ", "");
    const id = url.searchParams.get("id") ?? "";
    if (!token || this.expired.has(token)) return end(response, 401);
    if (url.pathname.endsWith("/negotiate")) return this.#negotiate(response);
    if (this.#negotiated.delete(id) && !this.#connect(id, request)) return end(response, 403);
    const polled = this.#open.get(id);
    if (!polled) return end(response, 404);
    if (request.method === "GET") return polled.poll(response);
    if (request.method === "POST") polled.receive(body);
    else polled.terminate();
    end(response, request.method === "POST" ? 200 : 202);
  }

  #negotiate(response: ServerResponse): undefined {
    const id = `polled-${this.requests.length}`;
    this.#negotiated.add(id);
    const transport = { transport: "LongPolling", transferFormats: ["Text", "Binary"] };
    const made = { connectionId: id, connectionToken: id, negotiateVersion: 1 };
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ ...made, availableTransports: [transport] }));
  }

  #connect(id: string, request: IncomingMessage): boolean {
    const polled = new Polled(() => this.#open.delete(id));
    if (!this.#accept(polled, request)) return false;
    this.#open.set(id, polled);
    return true;
  }
}

function end(response: ServerResponse, status: number): undefined {
  response.writeHead(status).end();
}

/** One connection. */
class Polled implements Peer {
  readonly #gone: () => void;
  readonly #listeners = { message: [] as Heard[], close: [] as (() => void)[] };
  #waiting = "";
  #poll: ServerResponse | null = null;
  #isFirst = true;
  #isOver = false;

  constructor(gone: () => void) {
    this.#gone = gone;
  }

  on(event: "message" | "close", listener: Heard & (() => void)): void {
    this.#listeners[event].push(listener);
  }

  send(data: string): void {
    this.#waiting += data;
    this.#answer();
  }

  poll(response: ServerResponse): undefined {
    if (this.#isFirst) response.writeHead(200).end();
    else this.#poll = response;
    this.#isFirst = false;
    this.#answer();
  }

  receive(body: string): void {
    for (const listener of this.#listeners.message) listener(Buffer.from(body));
  }

  /** The network goes: nothing is answered any more. */
  terminate(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#gone();
    this.#poll?.destroy();
    for (const listener of this.#listeners.close) listener();
  }

  #answer(): void {
    if (!this.#poll || !this.#waiting) return;
    this.#poll.writeHead(200).end(this.#waiting);
    this.#poll = null;
    this.#waiting = "";
  }
}

type Heard = (data: Buffer) => void;
