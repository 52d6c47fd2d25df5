/** When a connection that does not come about gets a relay: ours first, then theirs too. */

const STALL = 1_500; // ms that a direct path may take to be found
const RELAYED = 3_000; // ms that a path through a relay may take

/** One relay is enough for a pair, and half the cost; both only if one did not help. */
export type Stage = "direct" | "ours" | "both";

export interface EscalationPorts {
  /** There is no path, and a relay may help. */
  stuck(): boolean;
  /** A relay of ours is being tried. */
  tried(): boolean;
  /** A relay is being tried, ours or theirs. */
  relayed(): boolean;
  act(stage: "ours" | "both"): Promise<void>;
}

export class Escalation {
  readonly #ports: EscalationPorts;
  #stage: Stage = "direct";
  #acting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ports: EscalationPorts) {
    this.#ports = ports;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Both descriptions are set: ICE has a moment to find a path. */
  watch(): void {
    this.#in(STALL, () => {
      if (this.#ports.relayed()) this.#in(RELAYED - STALL, () => this.failed());
      else this.failed();
    });
  }

  /** ICE found none. True if something is being done about it. */
  failed(): boolean {
    if (this.#acting) return true;
    if (this.#stage === "both" || !this.#ports.stuck()) return false;
    clearTimeout(this.#timer);
    this.#stage = this.#stage === "ours" || this.#ports.tried() ? "both" : "ours";
    this.#acting = true;
    void this.#ports.act(this.#stage).finally(() => {
      this.#acting = false;
    });
    return true;
  }

  /** We get no relay: then they have to bring theirs. */
  refused(): void {
    this.#stage = "both";
  }

  /** A path was found, or there is news that makes one likely. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#stage = "direct";
  }

  #in(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }
}
