/** Where one member asks for relays: answers in memory, and what was asked. */

import { TurnAccess } from "../../src/turn/access.js";
import { TurnMemory } from "../../src/turn/memory.js";
import type { TurnPolicy } from "../../src/types.js";
import type { Admission, TurnAnswer } from "../../src/wire/protocol.js";

/** Nobody listens there: what counts is who asks for it, and when. */
const turn = (username: string, stun: readonly RTCIceServer[]): RTCIceServer[] => [
  ...(stun.length > 0 ? stun : [{ urls: "stun:127.0.0.1:9" }]),
  { urls: "turn:127.0.0.1:9?transport=udp", username, credential: "c" },
];

export interface DeskOptions {
  rtc?: RTCConfiguration;
  /** Seconds that a relay lives. */
  life?: number;
  /** It was there first. */
  waits?: boolean;
  /** The STUN servers of the room; by default none. */
  stun?: readonly string[];
}

export class Desk {
  readonly asked: { to: string | undefined; at: number }[] = [];
  readonly kept = new Map<string, string>();
  readonly turn: TurnAccess;
  readonly newcomer: boolean;
  readonly admission: Pick<Admission, "iceServers" | "turn" | "turnTtl">;
  readonly #life: number;
  readonly #stun: readonly RTCIceServer[];
  /** What is answered; by default a relay. */
  answer: () => Promise<TurnAnswer> | TurnAnswer = () => this.grant();

  constructor(policy: TurnPolicy, options: DeskOptions = {}) {
    const { rtc = {}, life = 600, waits = false, stun = [] } = options;
    this.newcomer = !waits;
    this.#life = life;
    this.#stun = stun.map((urls) => ({ urls }));
    const { kept } = this;
    const memory = new TurnMemory("/api", () => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    }));
    this.turn = new TurnAccess({ rtc, memory, fetch: (to) => this.#ask(to) });
    const iceServers = policy === "eager" ? turn("eager", this.#stun) : [...this.#stun];
    const until = policy === "eager" ? { turnTtl: life } : {};
    this.admission = { turn: policy, iceServers, ...until };
    this.turn.admitted(this.admission as Admission);
  }

  /** This network needed a relay a moment ago. */
  experienced(): this {
    this.kept.set("heliograph.relayed:/api", `${Date.now() - 1_000}`);
    return this;
  }

  grant(): TurnAnswer {
    const iceServers = turn(`${this.asked.length}`, this.#stun);
    return { granted: true, iceServers, ttl: this.#life };
  }

  async #ask(to: string | undefined): Promise<TurnAnswer> {
    this.asked.push({ to, at: performance.now() });
    return this.answer();
  }
}

/** Who issued the relay that this connection is configured with. */
export function relayOf(connection: RTCPeerConnection): string | undefined {
  return connection.getConfiguration().iceServers?.find(({ username }) => username)?.username;
}
