/** What SignalR's client lacks in its long polling. */
import {
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
  readonly #underWay = new Set<() => void>();
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
    for (const abort of this.#underWay) abort();
  }

  override async send(request: HttpRequest): Promise<HttpResponse> {
    if (request.method === "DELETE") return this.#http.send(request);
    if (this.#isGivenUp) throw new Error("It was given up.");
    const response = await this.#withNewToken(request);
    if (request.url?.includes("/negotiate?")) this.#negotiated();
    return response;
  }

  /** `AccessTokenHttpClient` asks for a token and sends the same request again after a 401. */
  async #withNewToken(request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#abortable(request);
    } catch (error) {
      const isExpired = error instanceof HttpError && error.statusCode === 401;
      if (!isExpired || this.#refused.has(request)) throw error;
      this.#refused.add(request);
      return new HttpResponse(401);
    }
  }

  async #abortable(request: HttpRequest): Promise<HttpResponse> {
    const signal = { aborted: request.abortSignal?.aborted ?? false, onabort: null as Listener };
    const abort = () => {
      signal.aborted = true;
      signal.onabort?.();
    };
    if (request.abortSignal) request.abortSignal.onabort = abort;
    const pings = request.method === "GET" ? this.#pingDuring(request, abort) : undefined;
    this.#underWay.add(abort);
    try {
      return await this.#http.send({ ...request, abortSignal: signal });
    } finally {
      this.#underWay.delete(abort);
      clearInterval(pings);
      if (request.abortSignal) request.abortSignal.onabort = null;
    }
  }

  /** `abort`: of the poll. */
  #pingDuring(poll: HttpRequest, abort: () => void): ReturnType<typeof setInterval> {
    const { url = "", headers = {}, withCredentials = true } = poll;
    const ping = { content: PING, headers: { ...headers }, timeout: PING_TIMEOUT_MS };
    return setInterval(() => {
      this.#http.post(url, { ...ping, withCredentials }).catch((error) => {
        // Whoever refuses a token is there. The poll itself finds out whether it is too old.
        if (!(error instanceof HttpError && error.statusCode === 401)) abort();
      });
    }, PING_MS);
  }
}

type Listener = (() => void) | null;
