/**
 * A host's calls. What is decided is told to all stamps at once, and counts when one has done it; a
 * stamp that is away hears of it when it is back, from whoever negotiates there (docs/protocol.md §3,
 * orders).
 */
import { retry } from "../timing/retry.js";
import type { Invite, InviteOptions } from "../types.js";
import type { Decision } from "../wire/answers.js";
import type { Api } from "../wire/api.js";
import { firstOf } from "./first.js";
import type { Signaling } from "./signaling.js";
import type { Stamp } from "./stamp.js";

const TRIES = 4; // a stamp that is back by then has heard it

/** The calls of one room. */
export class HostCalls {
  readonly #signaling: Signaling;
  readonly #room: string;
  readonly #hostToken: string | undefined;
  readonly #end = new AbortController();

  constructor(signaling: Signaling, room: string, hostToken: string | undefined) {
    this.#signaling = signaling;
    this.#room = room;
    this.#hostToken = hostToken;
  }

  async kick(peer: string): Promise<void> {
    await this.#tellAll((api, token) => api.kick(this.#room, peer, token));
  }

  async revoke(invite: string): Promise<void> {
    await this.#tellAll((api, token) => api.revoke(this.#room, invite, token));
  }

  /** Answers what the room is now. */
  async lock(locked: boolean): Promise<boolean> {
    const answer = await this.#tellAll((api, token) => api.lock(this.#room, locked, token));
    return answer.locked;
  }

  /** An invite of one stamp is good on all of them. */
  async invite(options: InviteOptions): Promise<Invite> {
    const { stamps, router } = this.#signaling;
    const { value } = await router.call({
      attempt: (stamp) => {
        const { api } = stamps[stamp] as Stamp;
        return api.invite(this.#room, options, this.#tokenFor(stamp));
      },
    });
    return value;
  }

  /** What is still to be told is not told any more. */
  close(): void {
    this.#end.abort();
  }

  async #tellAll<T extends Decision>(call: (api: Api, token: string) => Promise<T>): Promise<T> {
    const answers = this.#signaling.stamps.map(({ api }, stamp) =>
      this.#tell(stamp, () => call(api, this.#tokenFor(stamp))),
    );
    const { value } = await firstOf(answers, { signal: this.#end.signal });
    return value;
  }

  /** When it cannot be told, the stamp is asked for its list: with that call it gets the orders. */
  async #tell<T extends Decision>(stamp: number, call: () => Promise<T>): Promise<T> {
    const { signal } = this.#end;
    try {
      const answer = await retry(call, { tries: TRIES, signal });
      this.#signaling.carry(stamp, answer.orders);
      return answer;
    } catch (error) {
      if (!signal.aborted) void this.#signaling.stamps[stamp]?.refresh();
      throw error;
    }
  }

  /** A peer token of a host opens these calls on every stamp. */
  #tokenFor(stamp: number): string {
    const { stamps } = this.#signaling;
    const tokens = [stamps[stamp]?.token, ...stamps.map(({ token }) => token)];
    return this.#hostToken ?? tokens.find((token) => token != null) ?? "";
  }
}
