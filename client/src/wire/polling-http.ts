/** What SignalR's client lacks in its long polling. */
import type { HttpRequest, HttpResponse } from "@microsoft/signalr";

const PING_MS = 15_000; // as often as SignalR's client pings by a WebSocket
const PING_TIMEOUT_MS = 5_000;
const PING = '{"type":6}\u001e'; // HubProtocol.md of dotnet/aspnetcore, "Ping Message Encoding"

export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * The requests of one connection.
 *
 * - A start that hangs can be given up: `HubConnection.stop` alone would wait for its request, up to
 *   100 s.
 * - A request that is refused with 401 is sent once more, with a new token. The library means to do
 *   so, and its own client throws before it looks (dotnet/aspnetcore#56494).
 * - A poll without an answer looks the same whether nothing was said or nobody is there any more. So
 *   a ping is sent meanwhile, and if it does not arrive, the poll fails.
 */
export class PollingHttp {
  readonly #negotiated: () => void;
  readonly #underWay = new Set<HttpRequest>();
  readonly #refused = new WeakSet<HttpRequest>();
  #isGivenUp = false;

  /** `negotiated` is called when the service has answered, and may throw: then it ends there. */
  constructor(negotiated: () => void) {
    this.#negotiated = negotiated;
  }

  /** Ends what is under way. From now on only the word is sent that it is over (DELETE). */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#underWay.forEach(abort);
  }

  /** `next` sends it. Rejects as that does. */
  async send(request: HttpRequest, next: Send): Promise<HttpResponse> {
    request.abortSignal ??= { aborted: false, onabort: null };
    if (this.#isGivenUp && request.method !== "DELETE") throw new Error("It was given up.");
    this.#underWay.add(request);
    const isPoll = request.method === "GET";
    const pings = isPoll ? setInterval(() => this.#ping(request, next), PING_MS) : 0;
    try {
      const response = await next(request);
      if (request.url?.includes("/negotiate?")) this.#negotiated();
      return response;
    } catch (error) {
      // `AccessTokenHttpClient` asks for a token, and sends the same request again.
      if (!isExpired(error) || this.#refused.has(request)) throw error;
      this.#refused.add(request);
      return { statusCode: 401 };
    } finally {
      this.#underWay.delete(request);
      clearInterval(pings);
    }
  }

  #ping(poll: HttpRequest, next: Send): void {
    const { url = "", headers, withCredentials = true } = poll;
    const ping = { method: "POST", url, headers: { ...headers }, withCredentials, content: PING };
    next({ ...ping, timeout: PING_TIMEOUT_MS }).catch((error) => {
      // Whoever refuses a token is there, and the poll itself finds out whether it is too old.
      if (!isExpired(error)) abort(poll);
    });
  }
}

/** The library's client sets `onabort` while a request is under way. */
const abort = (request: HttpRequest) => request.abortSignal?.onabort?.();

/** An `HttpError` of the library. */
const isExpired = (error: unknown) => (error as { statusCode?: number }).statusCode === 401;
