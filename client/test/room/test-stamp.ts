/** A stamp whose HTTP answers a test sets, with the real client of its HTTP. */
import { HeliographError } from "../../src/errors.js";
import { Api } from "../../src/wire/api.js";
import type { Envelope } from "../../src/wire/protocol.js";

export interface StampCall {
  path: string;
  body: unknown;
  token: string | null;
}

export class TestStamp {
  readonly calls: StampCall[] = [];
  readonly posted: Envelope[] = [];
  /** JSON, or a whole response; it may never come. */
  answer: (path: string) => unknown = () => ({ ok: true, locked: true, orders: `of ${this.name}` });
  refusal: HeliographError | null = null;
  refreshes = 0;
  /** So many of the next refreshes fail. */
  failsToRefresh = 0;
  /** It takes no envelope. */
  isAway = false;
  token: string | null;
  readonly api: Api;

  constructor(readonly name: string) {
    this.token = `token of ${name}`;
    this.api = new Api(`https://${name}.example/api`, (url, init) => this.#fetch(url, init));
  }

  async refresh(): Promise<boolean> {
    this.refreshes += 1;
    return this.failsToRefresh-- <= 0;
  }

  async post(envelope: Envelope): Promise<void> {
    if (this.isAway) throw new HeliographError("backend_away", "");
    this.posted.push(envelope);
  }

  async #fetch(url: unknown, init?: RequestInit): Promise<Response> {
    const path = new URL(String(url)).pathname.replace("/api", "");
    const { token = null, ...body } = JSON.parse(String(init?.body));
    this.calls.push({ path, body, token });
    const aborted = new Promise<never>((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(new Error("AbortError")));
    });
    const answer = await Promise.race([this.answer(path), aborted]);
    return answer instanceof Response ? answer : new Response(JSON.stringify(answer));
  }
}

/** Answers of stamps that do not work. */
export const never = () => new Promise<never>(() => {});
export const away = () => Promise.reject(new TypeError("Failed to fetch"));
export const refusal = (status: number, code: string) => () =>
  new Response(JSON.stringify({ error: { code, message: "" } }), { status });
