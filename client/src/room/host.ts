/**
 * A host's calls. What is decided is told to all stamps at once, and counts when one has done it; a
 * stamp that is away hears of it when it is back, from whoever negotiates there (docs/protocol.md §3,
 * orders).
 */
import type { hedge } from "../stamps/hedge.js";
import type { backoff, pause } from "../timing/backoff.js";
import type { Invite, InviteOptions } from "../types.js";
import type { Decision } from "../wire/answers.js";
import type { Api } from "../wire/api.js";
import type { firstOf } from "./first.js";
import type { Signaling } from "./signaling.js";
import type { Stamp } from "./stamp.js";

/** Signaling, as far as a host's calls need it. */
export interface HostPorts extends Pick<Signaling, "carry" | "ordersFor"> {
  readonly stamps: readonly Pick<Stamp, "api" | "token" | "refresh">[];
  readonly router: Pick<Signaling["router"], "order">;
}

/**
 * What the start has loaded. If this file, which is loaded later, imported it, a bundler would take it
 * out of the start, into one more file to wait for.
 */
export interface HostTools {
  readonly hedge: typeof hedge;
  readonly firstOf: typeof firstOf;
  readonly backoff: typeof backoff;
  readonly pause: typeof pause;
}

const INVITE_HEDGE_MS = 1_000; // one that is made twice is one too many, and harmless
const TRIES = 4;

/** The calls of one room. */
export class HostCalls {
  readonly #signaling: HostPorts;
  readonly #hostToken: string | undefined;
  readonly #tools: HostTools;
  readonly #end: AbortSignal;

  /** After `end` what is still to be told is not told any more. */
  constructor(
    signaling: HostPorts,
    hostToken: string | undefined,
    tools: HostTools,
    end: AbortSignal,
  ) {
    this.#signaling = signaling;
    this.#hostToken = hostToken;
    this.#tools = tools;
    this.#end = end;
  }

  async kick(peer: string): Promise<void> {
    await this.#tellAll((api, token) => api.kick(peer, token));
  }

  async revoke(invite: string): Promise<void> {
    await this.#tellAll((api, token) => api.revoke(invite, token));
  }

  /**
   * Answers what the room is now. Each stamp hears what the others have told us: else a lock at one that
   * was away would be older, by its count, than what it undoes.
   */
  async lock(locked: boolean): Promise<boolean> {
    const answer = await this.#tellAll((api, token, stamp) =>
      api.lock(locked, token, this.#signaling.ordersFor(stamp)),
    );
    return answer.locked;
  }

  /** An invite of one stamp is good on all of them. */
  async invite(options: InviteOptions): Promise<Invite> {
    const { stamps, router } = this.#signaling;
    const { hedge, pause } = this.#tools;
    const { value } = await hedge({
      time: { now: () => performance.now(), pause },
      stamps: router.order(),
      attempt: (stamp) => {
        const { api } = stamps[stamp] as Pick<Stamp, "api">;
        return api.invite(options, this.#tokenFor(stamp));
      },
      hedgeMs: () => INVITE_HEDGE_MS,
    });
    return value;
  }

  async #tellAll<T extends Decision>(
    call: (api: Api, token: string, stamp: number) => Promise<T>,
  ): Promise<T> {
    const { stamps } = this.#signaling;
    const answers = stamps.map(async ({ api }, stamp) => {
      const answer = await call(api, this.#tokenFor(stamp), stamp);
      this.#signaling.carry(stamp, answer.orders);
      return answer;
    });
    const { value } = await this.#tools.firstOf(answers, { signal: this.#end });
    answers.forEach((answer, stamp) => {
      answer.catch(() => this.#showOrders(stamp));
    });
    return value;
  }

  /**
   * The call itself is not made again: a lock that comes late would undo the one after it. A stamp
   * without our socket needs nothing: it gets the orders when we come back.
   */
  async #showOrders(stamp: number): Promise<void> {
    const { backoff, pause } = this.#tools;
    const signal = this.#end;
    for (let attempt = 1; attempt <= TRIES && !signal.aborted; attempt += 1) {
      if (await this.#signaling.stamps[stamp]?.refresh()) return;
      await pause(backoff(attempt), signal);
    }
  }

  /** A peer token of a host opens these calls on every stamp. */
  #tokenFor(stamp: number): string {
    const { stamps } = this.#signaling;
    const tokens = [stamps[stamp]?.token, ...stamps.map(({ token }) => token)];
    return this.#hostToken ?? tokens.find((token) => token != null) ?? "";
  }
}
