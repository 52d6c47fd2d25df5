/** The HTTP calls of docs/protocol.md §3. Tokens travel in headers, never in URLs. */
import { HeliographError } from "../errors.js";
import type { CreatedRoom, Invite, InviteOptions, RoomOptions } from "../types.js";
import {
  parseAdmission,
  parseCreatedRoom,
  parseInvite,
  parseLocked,
  parseReply,
  parseTurn,
} from "./answers.js";
import { type Call, Http } from "./http.js";
import { prove } from "./proof.js";
import type { Admission, Envelope, TurnAnswer } from "./protocol.js";
import { ProofRequired } from "./refusal.js";
import type { Report } from "./report.js";

const TURN_TIMEOUT_MS = 4_000; // a call waits for the answer

/** Who asks to be admitted, and where. */
export interface JoinRequest {
  room?: string;
  name?: string;
  invite?: string;
}

/** Every call rejects with a `HeliographError`: the backend's refusal, or a `ClientCode`. */
export class Api {
  readonly #http: Http;
  readonly #onProof: () => void;

  /** `backend`: "/api", or "https://app.example/api". `onProof` is called before a proof of work. */
  constructor(backend: string, fetcher?: typeof fetch, onProof: () => void = () => {}) {
    this.#http = new Http(backend, fetcher);
    this.#onProof = onProof;
  }

  /** The address of the backend, without a slash at its end. */
  get base(): string {
    return this.#http.base;
  }

  /** Creates a room. */
  async create(options: RoomOptions, signal?: AbortSignal): Promise<CreatedRoom> {
    const { room, capacity, inviteOnly, ttl, turn, turnSides } = options;
    const body = { room, capacity, inviteOnly, ttl, turn, turnSides };
    return known(parseCreatedRoom(await this.#postWithProof("/rooms", body, { signal })));
  }

  /** Takes a seat; with a peer token the same seat again, with a host token as a host. */
  async negotiate(request: JoinRequest, token?: string, signal?: AbortSignal): Promise<Admission> {
    const start = performance.now();
    const answer = await this.#postWithProof("/negotiate", request, { token, signal });
    return { ...known(parseAdmission(answer)), tookMs: performance.now() - start };
  }

  /** Sends an envelope without a socket. */
  async signal(envelope: Envelope, token: string): Promise<void> {
    requireOk(await this.#http.post("/signal", envelope, { token }));
  }

  /** A TURN credential for the connection to `to`, or for whoever takes our parked offer. */
  async turn(to: string | undefined, token: string, signal?: AbortSignal): Promise<TurnAnswer> {
    const call = { token, signal, timeoutMs: TURN_TIMEOUT_MS };
    return known(parseTurn(await this.#http.post("/turn", { to }, call)));
  }

  /** Gives up the seat. */
  async leave(token: string): Promise<void> {
    await this.#http.post("/leave", {}, { token });
  }

  /** The same from a page that goes away: nobody learns whether it arrived. */
  leaveBeacon(token: string): void {
    this.#http.beacon("/leave", { token });
  }

  /** Sends a report; the browser finishes the call even if the page goes away. */
  async report(report: Report, token: string): Promise<void> {
    requireOk(await this.#http.post("/report", { token, ...report }, { keepalive: true }));
  }

  /** The same from a page that goes away: nobody learns whether it arrived. */
  reportBeacon(report: Report, token: string): void {
    this.#http.beacon("/report", { token, ...report });
  }

  /** Removes a member. Host only, like the next two. */
  async kick(room: string, peer: string, token: string): Promise<void> {
    requireOk(await this.#http.post(`/rooms/${room}/kick`, { peer }, { token }));
  }

  /** Locks the room, or opens it; answers what it is now. */
  async lock(room: string, locked: boolean, token: string): Promise<boolean> {
    return known(parseLocked(await this.#http.post(`/rooms/${room}/lock`, { locked }, { token })));
  }

  /** Makes an invite. */
  async invite(room: string, { uses, ttl }: InviteOptions, token: string): Promise<Invite> {
    const answer = await this.#http.post(`/rooms/${room}/invite`, { uses, ttl }, { token });
    return known(parseInvite(answer));
  }

  /** Where a proof of work is required, makes one and asks a second time. */
  async #postWithProof(path: string, body: object, call: Call): Promise<unknown> {
    try {
      return await this.#http.post(path, body, call);
    } catch (error) {
      if (!(error instanceof ProofRequired)) throw error;
      this.#onProof();
      const proof = await prove(error.challenge, call.signal);
      return this.#http.post(path, { ...body, proof }, call);
    }
  }
}

function known<T>(answer: T | null): T {
  if (answer !== null) return answer;
  throw new HeliographError("bad_answer", "The backend's answer has another form.");
}

/** Anything but `{ok: true}` is no success; a public network may answer with its sign-in page. */
function requireOk(answer: unknown): void {
  const reply = known(parseReply(answer));
  if (!reply.ok) throw new HeliographError(reply.code, reply.message);
}
