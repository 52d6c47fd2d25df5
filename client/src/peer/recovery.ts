/** The one timer of a connection: it keeps the facts, and asks connecting.ts what is due when. */
import {
  type Action,
  DISCONNECTED_MS,
  exhausted,
  type Facts,
  next,
  type Stage,
} from "./connecting.js";

/** What is read anew each time. */
export type LiveFacts = Pick<Facts, "polite" | "absent" | "up" | "reached" | "turn"> & {
  readonly state: RTCPeerConnectionState;
  readonly broken: boolean;
  readonly silent: boolean;
};

export interface RecoveryPorts {
  live(): LiveFacts;
  act(action: Action): void;
}

type Times = Pick<Facts, "failed" | "disconnected" | "silent" | "broken">;
const NONE: Times = { failed: null, disconnected: null, silent: null, broken: null };

export class Recovery {
  readonly #ports: RecoveryPorts;
  readonly #random: () => number;
  #since = performance.now();
  #made = performance.now();
  #times = NONE;
  #described: number | null = null;
  #news: number | null = null;
  #tries = 0;
  #tried = 0;
  #jitter = 0;
  #stage: Stage = "direct";
  #escalated: number | null = null;
  #escalations = 0;
  #asking = false;
  #wasUp = false;
  #hasBeenUp = false;
  #ended = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: RecoveryPorts, random: () => number = Math.random) {
    this.#ports = ports;
    this.#random = random;
  }

  /** How far it was escalated (connecting.ts). */
  get stage(): Stage {
    return this.#stage;
  }

  /** This connection was up once. */
  get hasBeenUp(): boolean {
    return this.#hasBeenUp;
  }

  /** Nothing was tried yet, or one relay is being tried. */
  get isFirstTry(): boolean {
    return this.#tries === 0 && this.#escalations <= 1;
  }

  /** It was tried as often as it is worth. */
  get exhausted(): boolean {
    return exhausted({ tries: this.#tries });
  }

  /** Not connected, and not so new that it may still become so by itself. */
  get stale(): boolean {
    return !this.#ports.live().up && performance.now() - this.#made > DISCONNECTED_MS;
  }

  get facts(): Facts {
    const { state: _, broken: __, silent: ___, ...live } = this.#ports.live();
    return {
      ...live,
      ...this.#times,
      since: this.#since,
      described: this.#described,
      news: this.#news,
      tries: this.#tries,
      tried: this.#tried,
      jitter: this.#jitter,
      stage: this.#stage,
      escalated: this.#escalated,
      asking: this.#asking,
    };
  }

  /** There is another connection. */
  began(): void {
    this.#since = this.#made = performance.now();
    this.#times = NONE;
    this.#described = null;
    this.#wasUp = this.#hasBeenUp = false;
    this.decide();
  }

  /** Both descriptions are set: ICE has a moment to find a path. */
  described(): void {
    if (!this.#ports.live().up) this.#described = performance.now();
    this.decide();
  }

  /** The connection's state is another. */
  changed(): void {
    const { up } = this.#ports.live();
    if (up) this.#reset();
    else if (this.#wasUp) this.#since = performance.now();
    this.#wasUp = up;
    this.#hasBeenUp ||= up;
    this.decide();
  }

  /** Something says that trying is worth it now, and from the start. */
  news(): void {
    this.#reset();
    this.#news = performance.now();
    this.decide();
  }

  /** The other side is trying: we do so when that has not helped. */
  leaveToOther(): void {
    this.#count(Math.max(1, this.#tries));
  }

  /** TURN credentials are on their way, or have come; null, or a rejection, if there are none. */
  async credentials(request: Promise<unknown>): Promise<void> {
    this.#asking = true;
    if (!(await request.catch(() => null))) this.#stage = "both";
    this.#asking = false;
    this.#escalated = performance.now(); // what failed meanwhile failed without them
    this.decide();
  }

  /** Does what is due, and waits for what is not. */
  decide(): void {
    clearTimeout(this.#timer);
    this.#note(); // what has no event
    const due = this.#ended ? null : next(this.facts);
    if (!due) return;
    const ms = due.at - performance.now();
    if (ms > 0) this.#timer = setTimeout(() => this.decide(), ms);
    else this.#act(due.action);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #act(action: Action): void {
    if (action.type === "escalate") {
      this.#stage = action.stage;
      this.#escalations += 1;
      this.#escalated = performance.now();
    } else {
      this.#count(this.#tries + 1);
      this.#news = null;
    }
    this.#ports.act(action);
    this.decide();
  }

  #count(tries: number): void {
    this.#tries = tries;
    this.#tried = performance.now();
    this.#jitter = this.#random();
  }

  #note(): void {
    const { state, broken, silent } = this.#ports.live();
    const when = (is: boolean, before: number | null) =>
      is ? (before ?? performance.now()) : null;
    this.#times = {
      failed: when(state === "failed", this.#times.failed),
      disconnected: when(state === "disconnected", this.#times.disconnected),
      silent: when(silent, this.#times.silent),
      broken: when(broken, this.#times.broken),
    };
  }

  #reset(): void {
    this.#tries = this.#escalations = 0;
    this.#stage = "direct";
    this.#described = this.#escalated = this.#news = null;
  }
}
