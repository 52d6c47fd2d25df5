/** The HTTP calls of docs/protocol.md §3. Tokens travel in bodies, never in URLs. */
import { HeliographError } from "../errors.js";
import type { CreatedRoom, Invite, InviteOptions, RoomOptions } from "../types.js";
import {
  type Decision,
  parseAdmission,
  parseCreatedRoom,
  parseDecision,
  parseIce,
  parseInvite,
  parseLocked,
  parsePoll,
  parseReply,
  parseTurn,
} from "./answers.js";
import { type Call, Http } from "./http.js";
import type { Admission, Envelope, Offer, Push, TurnAnswer } from "./protocol.js";
import { ProofRequired } from "./refusal.js";
import type { Report } from "./report.js";

const TURN_TIMEOUT_MS = 4_000; // a call waits for the answer

/** Who asks to be admitted, and where. */
export interface JoinRequest {
  /** A room's name, or an invite. */
  room: string;
  name?: string;
  /** Our peer id is made of it: with the same one we get the same seat, on every stamp. */
  secret: string;
  /** When this page began, by our clock: ms since 1970. */
  visit: number;
  /** What another stamp has told us of the hosts' decisions. */
  orders?: string | undefined;
  /** For whoever is there, or comes next: 8 at most (docs/protocol.md §5). */
  offers?: readonly Offer[] | undefined;
  /** The seqs of offers that another stamp has given us: nobody else gets them, nor do we again. */
  have?: readonly number[] | undefined;
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

  /** Opens a connection, which saves the first call that time. Never rejects. */
  connect(): Promise<void> {
    return this.#http.connect();
  }

  /** The STUN servers. */
  async ice(): Promise<RTCIceServer[]> {
    return known(parseIce(await this.#http.get("/ice")));
  }

  /** Creates a room. */
  async create(options: RoomOptions, signal?: AbortSignal): Promise<CreatedRoom> {
    const { capacity, inviteOnly, ttl, turn, turnSides } = options;
    const body = { capacity, inviteOnly, ttl, turn, turnSides };
    const answer = await this.#postWithProof("/rooms", body, { signal }, signal);
    return known(parseCreatedRoom(answer));
  }

  /**
   * Takes a seat; with a host token as a host. The same request gets the same seat however often it
   * is made. `signal` ends a proof of work and not a call that is under way: it may give us a seat,
   * and then we have to know.
   */
  async negotiate(
    request: JoinRequest,
    hostToken?: string,
    signal?: AbortSignal,
  ): Promise<Admission> {
    if (signal?.aborted) throw new HeliographError("aborted", "The call was aborted.");
    const start = performance.now();
    const call = { token: hostToken };
    const answer = await this.#postWithProof("/negotiate", request, call, signal);
    return { ...known(parseAdmission(answer)), tookMs: performance.now() - start };
  }

  /** Sends an envelope without a socket. */
  async signal(envelope: Envelope, token: string): Promise<void> {
    requireOk(await this.#http.post("/signal", envelope, { token }));
  }

  /** What our socket would have brought, if it had been open. */
  async poll(token: string): Promise<Push[]> {
    return known(parsePoll(await this.#http.post("/poll", {}, { token })));
  }

  /** A TURN credential for the connection to `to`, or for whoever takes our parked offer. */
  async turn(to: string | undefined, token: string, signal?: AbortSignal): Promise<TurnAnswer> {
    const call = { token, signal, timeoutMs: TURN_TIMEOUT_MS };
    return known(parseTurn(await this.#http.post("/turn", { to }, call)));
  }

  /** Our socket will end: keep the seat until the token expires. */
  async sleep(token: string): Promise<void> {
    await this.#http.post("/sleep", {}, { token });
  }

  /** Gives up the seat. `told`: the peers who know it from us. */
  async leave(token: string, told: readonly string[] = []): Promise<void> {
    await this.#http.post("/leave", told.length > 0 ? { told } : {}, { token });
  }

  /** The same from a page that goes away: nobody learns whether it arrived. */
  leaveBeacon(token: string): void {
    this.#http.beacon("/leave", { token });
  }

  /** Sends a report; the browser finishes the call even if the page goes away. */
  async report(report: Report, token: string): Promise<void> {
    requireOk(await this.#http.post("/report", report, { token, keepalive: true }));
  }

  /** The same from a page that goes away: nobody learns whether it arrived. */
  reportBeacon(report: Report, token: string): void {
    this.#http.beacon("/report", { token, ...report });
  }

  /** Removes a member. Host only, like the next three. */
  async kick(peer: string, token: string): Promise<Decision> {
    return decision(await this.#http.post("/rooms/kick", { peer }, { token }));
  }

  /** Ends an invite. */
  async revoke(invite: string, token: string): Promise<Decision> {
    return decision(await this.#http.post("/rooms/revoke", { invite }, { token }));
  }

  /** Locks the room, or opens it; answers what it is now. `orders`: what other stamps have told us. */
  async lock(
    locked: boolean,
    token: string,
    orders?: string,
  ): Promise<Decision & { locked: boolean }> {
    return known(parseLocked(await this.#http.post("/rooms/lock", { locked, orders }, { token })));
  }

  /** Makes an invite. */
  async invite({ uses, ttl }: InviteOptions, token: string): Promise<Invite> {
    const answer = await this.#http.post("/rooms/invite", { uses, ttl }, { token });
    return known(parseInvite(answer));
  }

  /** Where a proof of work is required, makes one and asks a second time. */
  async #postWithProof(
    path: string,
    body: object,
    call: Call,
    signal?: AbortSignal,
  ): Promise<unknown> {
    try {
      return await this.#http.post(path, body, call);
    } catch (error) {
      if (!(error instanceof ProofRequired)) throw error;
      this.#onProof();
      const proof = await prove(error.challenge, signal);
      return this.#http.post(path, { ...body, proof }, call);
    }
  }
}

/** Imported on first use: most pages never need it. Rejects as `proof.ts` says. */
async function prove(challenge: unknown, signal?: AbortSignal): Promise<string> {
  const proof = await import("./proof.js").catch(() => {
    throw new HeliographError("proof_required", "The proof of work did not load.");
  });
  return proof.prove(challenge, signal);
}

function known<T>(answer: T | null): T {
  if (answer !== null) return answer;
  throw new HeliographError("bad_answer", "The backend's answer has another form.");
}

function decision(answer: unknown): Decision {
  requireOk(answer);
  return known(parseDecision(answer));
}

/** Anything but `{ok: true}` is no success; a public network may answer with its sign-in page. */
function requireOk(answer: unknown): void {
  const reply = known(parseReply(answer));
  if (!reply.ok) throw new HeliographError(reply.code, reply.message);
}
