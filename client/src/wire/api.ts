/** The HTTP calls. Tokens travel in headers, never in URLs; every call has a deadline. */
import { type ErrorCode, HeliographError } from "../errors.js";
import type { CreatedRoom, Invite, InviteOptions, RoomOptions } from "../types.js";
import { parseAdmission, parseTurn } from "./parse.js";
import { prove } from "./proof.js";
import type { Admission, Envelope, TurnAnswer } from "./protocol.js";
import type { Report } from "./report.js";

const DEADLINE = 10_000; // ms
const TURN_DEADLINE = 4_000; // ms: a call waits for it

export interface Ask {
  room?: string;
  name?: string;
  invite?: string;
}

interface Call {
  token?: string | undefined;
  signal?: AbortSignal | undefined;
  deadline?: number;
  /** It outlives the page. */
  keepalive?: boolean;
}

/** A refusal that a proof of work lifts. */
class Challenged extends HeliographError {
  constructor(
    message: string,
    readonly challenge: unknown,
  ) {
    super("proof_required", message, { status: 401 });
  }
}

export class Api {
  readonly #base: string;
  readonly #fetch: typeof fetch;
  readonly #onProof: () => void;

  constructor(
    backend: string,
    fetcher: typeof fetch = (...call) => fetch(...call),
    onProof = () => {},
  ) {
    this.#base = backend.replace(/\/+$/, "");
    this.#fetch = fetcher;
    this.#onProof = onProof;
  }

  get base(): string {
    return this.#base;
  }

  async create(options: RoomOptions, signal?: AbortSignal): Promise<CreatedRoom> {
    const { room, capacity, inviteOnly, ttl, turn, turnSides } = options;
    const ask = { room, capacity, inviteOnly, ttl, turn, turnSides };
    const answer = await this.#proven("/rooms", ask, { signal });
    return shaped<CreatedRoom>(answer, ["room", "hostToken", "invite", "expiresAt"]);
  }

  async negotiate(ask: Ask, token?: string, signal?: AbortSignal): Promise<Admission> {
    const asked = performance.now();
    const admission = parseAdmission(await this.#proven("/negotiate", ask, { token, signal }));
    if (!admission) throw new HeliographError("bad_answer", "The backend's answer is not known.");
    return { ...admission, tookMs: performance.now() - asked };
  }

  async signal(envelope: Envelope, token: string): Promise<void> {
    await this.#post("/signal", envelope, { token });
  }

  /** A relay for the connection to `to`, or for whoever takes our parked offer. */
  async turn(to: string | undefined, token: string, signal?: AbortSignal): Promise<TurnAnswer> {
    const call = { token, signal, deadline: TURN_DEADLINE };
    const answer = parseTurn(await this.#post("/turn", { to }, call));
    if (!answer) throw new HeliographError("bad_answer", "The backend's answer is not known.");
    return answer;
  }

  async leave(token: string): Promise<void> {
    await this.#post("/leave", {}, { token });
  }

  /** From a page that is going away: no answer. */
  leaveBeacon(token: string): void {
    this.#beacon("/leave", { token });
  }

  async report(report: Report, token: string): Promise<void> {
    await this.#post("/report", { token, ...report }, { keepalive: true });
  }

  reportBeacon(report: Report, token: string): void {
    this.#beacon("/report", { token, ...report });
  }

  async kick(room: string, peer: string, token: string): Promise<void> {
    await this.#post(`/rooms/${room}/kick`, { peer }, { token });
  }

  async lock(room: string, locked: boolean, token: string): Promise<void> {
    await this.#post(`/rooms/${room}/lock`, { locked }, { token });
  }

  async invite(room: string, { uses, ttl }: InviteOptions, token: string): Promise<Invite> {
    const answer = await this.#post(`/rooms/${room}/invite`, { uses, ttl }, { token });
    return shaped<Invite>(answer, ["invite", "expiresAt", "uses"]);
  }

  /** Where a proof of work is asked for, it is made, once (docs/protocol.md §3). */
  async #proven(path: string, body: object, call: Call): Promise<unknown> {
    try {
      return await this.#post(path, body, call);
    } catch (error) {
      if (!(error instanceof Challenged)) throw error;
      this.#onProof();
      const proof = await prove(error.challenge, call.signal);
      return this.#post(path, { ...body, proof }, call);
    }
  }

  #beacon(path: string, value: object): void {
    const body = new Blob([JSON.stringify(value)], { type: "text/plain" }); // no preflight
    navigator.sendBeacon?.(this.#base + path, body);
  }

  async #post(path: string, body: unknown, call: Call): Promise<unknown> {
    const { token, signal, keepalive = false } = call;
    // No content type of our own: across origins, a call without a token needs no preflight (§3).
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), call.deadline ?? DEADLINE);
    const aborted = () => deadline.abort();
    signal?.addEventListener("abort", aborted, { once: true });
    try {
      if (signal?.aborted) throw new HeliographError("aborted", "The call was aborted.");
      const init = { method: "POST", headers, body: JSON.stringify(body), keepalive };
      const response = await this.#fetch(this.#base + path, { ...init, signal: deadline.signal });
      const answer: unknown = await response.json().catch(() => null);
      if (!response.ok) throw refusal(response, answer);
      return answer;
    } catch (error) {
      if (error instanceof HeliographError) throw error;
      if (signal?.aborted) throw new HeliographError("aborted", "The call was aborted.");
      throw new HeliographError("backend_away", "The backend cannot be reached.");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    }
  }
}

/** What the backend refused; an error page of anything in between is `backend_away`. */
function refusal(response: Response, answer: unknown): HeliographError {
  const error = (answer as { error?: Record<string, unknown> } | null)?.error;
  const { status } = response;
  const seconds = Number(error?.retryAfter ?? response.headers.get("Retry-After") ?? Number.NaN);
  const retryAfter = seconds >= 0 && seconds < 86_400 ? { retryAfter: seconds } : {};
  if (typeof error?.code === "string") {
    const code: ErrorCode = error.code;
    const message = String(error.message ?? "");
    if (code === "proof_required") return new Challenged(message, error.challenge);
    return new HeliographError(code, message, { status, ...retryAfter });
  }
  const words = `The backend answered ${status}.`;
  return new HeliographError("backend_away", words, { status, ...retryAfter });
}

function shaped<T>(answer: unknown, members: (keyof T & string)[]): T {
  if (typeof answer === "object" && answer !== null && members.every((name) => name in answer)) {
    return answer as T;
  }
  throw new HeliographError("bad_answer", "The backend's answer is not known.");
}
