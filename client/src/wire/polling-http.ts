/** What SignalR's client lacks in its long polling. */
import {
  AbortError,
  DefaultHttpClient,
  HttpClient,
  HttpError,
  type HttpRequest,
  HttpResponse,
  NullLogger,
} from "@microsoft/signalr";

const PING_MS = 15_000; // as often as SignalR's client pings by a WebSocket
const PING_TIMEOUT_MS = 5_000;
const PING = '{"type":6}\u001e'; // HubProtocol.md of dotnet/aspnetcore, "Ping Message Encoding"

/**
 * One for each connection.
 *
 * - A start that hangs can be given up: `HubConnection.stop` alone would wait for its request, up to
 *   100 s.
 * - A request that is refused with 401 is sent once more, with a new token. The library means to do
 *   so, and its own client throws before it looks (dotnet/aspnetcore#56494).
 * - A poll without an answer looks the same whether nothing was said or nobody is there any more. So
 *   a ping is sent meanwhile, and if it does not arrive, the poll fails.
 */
export class PollingHttp extends HttpClient {
  readonly #http = new DefaultHttpClient(NullLogger.instance);
  readonly #negotiated: () => void;
  readonly #underWay = new Set<HttpRequest>();
  readonly #refused = new WeakSet<HttpRequest>();
  #isGivenUp = false;

  /** `negotiated` is called when the service has answered, and may throw: then it ends there. */
  constructor(negotiated: () => void) {
    super();
    this.#negotiated = negotiated;
  }

  /** Ends what is under way. From now on only the word is sent that it is over (DELETE). */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#underWay.forEach(abort);
  }

  override async send(request: HttpRequest): Promise<HttpResponse> {
    request.abortSignal ??= { aborted: false, onabort: null };
    if (this.#isGivenUp && request.method !== "DELETE") throw new AbortError();
    this.#underWay.add(request);
    const pings = request.method === "GET" ? setInterval(() => this.#ping(request), PING_MS) : 0;
    try {
      const response = await this.#http.send(request);
      if (request.url?.includes("/negotiate?")) this.#negotiated();
      return response;
    } catch (error) {
      // `AccessTokenHttpClient` asks for a token, and sends the same request again.
      if (!isExpired(error) || this.#refused.has(request)) throw error;
      this.#refused.add(request);
      return new HttpResponse(401);
    } finally {
      this.#underWay.delete(request);
      clearInterval(pings);
    }
  }

  #ping(poll: HttpRequest): void {
    const { url, headers, withCredentials } = poll;
    const ping = { method: "POST", url, headers: { ...headers }, withCredentials, content: PING };
    this.#http.send({ ...ping, timeout: PING_TIMEOUT_MS } as HttpRequest).catch((error) => {
      // Whoever refuses a token is there, and the poll itself finds out whether it is too old.
      if (!isExpired(error)) abort(poll);
    });
  }
}

/** The library's client sets `onabort` while a request is under way. */
const abort = (request: HttpRequest) => request.abortSignal?.onabort?.();

const isExpired = (error: unknown) => error instanceof HttpError && error.statusCode === 401;
