/** Watches a connection gather, and says what it has found out about the network (turn/network.ts). */
import { NO_ANSWER_MS, networkOf } from "../turn/network.js";
import type { Network } from "../wire/protocol.js";

export class OwnNetwork {
  /** What is known; what was known last while it gathers anew. */
  found: Network | "open" | null;
  readonly #connection: RTCPeerConnection;
  readonly #changed: () => void;
  #since = performance.now();
  #failed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed`: `found` is another. */
  constructor(connection: RTCPeerConnection, found: OwnNetwork["found"], changed: () => void) {
    this.found = found;
    this.#connection = connection;
    this.#changed = changed;
    connection.addEventListener("icegatheringstatechange", () => this.#gathering());
    connection.addEventListener("icecandidate", () => this.#look());
    connection.addEventListener("icecandidateerror", ({ url }) => {
      this.#failed ||= /^stun:/i.test(url ?? "");
      this.#look();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #gathering(): void {
    clearTimeout(this.#timer);
    if (this.#connection.iceGatheringState === "gathering") this.#begin();
    else this.#look();
  }

  #begin(): void {
    this.#since = performance.now();
    this.#failed = false;
    this.#timer = setTimeout(() => this.#look(), NO_ANSWER_MS);
  }

  #look(): void {
    const { connectionState, iceGatheringState, localDescription } = this.#connection;
    if (connectionState === "closed") return;
    const found = networkOf({
      sdp: localDescription?.sdp ?? "",
      stunServers: stunServers(this.#connection.getConfiguration()),
      complete: iceGatheringState === "complete",
      failed: this.#failed,
      ms: Math.ceil(performance.now() - this.#since),
    });
    if (found === null || found === this.found) return;
    this.found = found;
    this.#changed();
  }
}

function stunServers({ iceServers = [] }: RTCConfiguration): number {
  return iceServers.flatMap(({ urls }) => urls).filter((url) => /^stuns?:/i.test(url)).length;
}
