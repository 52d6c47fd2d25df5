/** Watches a connection gather, and says what it has found out about the network (turn/network.ts). */
import { type Found, NO_ANSWER_MS, networkOf } from "../turn/network.js";

export class OwnNetwork {
  /** What is known; what was known last while it gathers anew. */
  found: Found;
  readonly #connection: RTCPeerConnection;
  readonly #changed: () => void;
  #since = performance.now();
  #failed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed`: `found` is another. */
  constructor(connection: RTCPeerConnection, found: Found, changed: () => void) {
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
    if (this.#connection.signalingState === "closed") return; // Firefox throws below
    const { iceGatheringState, localDescription } = this.#connection;
    const gathering = {
      sdp: localDescription?.sdp ?? "",
      stunServers: stunServers(this.#connection.getConfiguration()),
      complete: iceGatheringState === "complete",
      failed: this.#failed,
      ms: Math.ceil(performance.now() - this.#since),
    };
    const found = networkOf(gathering, this.found);
    if (found === this.found) return;
    this.found = found;
    this.#changed();
  }
}

/** With relays alone, what a STUN server says makes no candidate (W3C WebRTC §4.2.3). */
function stunServers({ iceServers = [], iceTransportPolicy }: RTCConfiguration): number {
  if (iceTransportPolicy === "relay") return 0;
  return iceServers.flatMap(({ urls }) => urls).filter((url) => /^stuns?:/i.test(url)).length;
}
