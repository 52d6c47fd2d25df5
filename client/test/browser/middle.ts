/**
 * Somebody in between: whoever carries the descriptions of two peers gives each of them its own, and so
 * has a connection to either (with a certificate of its own). Everything that goes through the channels
 * is passed on, as it is or changed.
 */
import type { Candidate, Envelope } from "../../src/wire/protocol.js";
import { IMPOLITE, Pair, POLITE } from "./pair.js";

const PC = "in-between";

export class Middle {
  /** What the two see of each other. */
  readonly pair: Pair;
  /** What goes through the channels; the answer is passed on, null is lost. */
  change: (text: string, from: string) => string | null = (text) => text;
  readonly #ends = new Map<string, RTCPeerConnection>();
  readonly #channels = new Map<string, RTCDataChannel>();
  #seq = 1;

  constructor() {
    // All that a server would carry comes here, and nothing of it arrives.
    this.pair = new Pair({
      starts: ["offer", "wait"],
      lose: (envelope, from) => {
        void this.#take(envelope, from);
        return true;
      },
    });
  }

  close(): void {
    this.pair.close();
    for (const end of this.#ends.values()) end.close();
  }

  async #take(envelope: Envelope, from: string): Promise<void> {
    if (envelope.kind === "offer" && from === POLITE && !this.#ends.has(from)) {
      const { pc, sdp, candidates } = envelope.body;
      const end = this.#end(POLITE);
      await end.setRemoteDescription({ type: "offer", sdp });
      await add(end, candidates);
      const answer = await described(end);
      this.#tell(POLITE, { kind: "answer", body: { pc, sdp: answer } });
      const offer = await described(this.#end(IMPOLITE));
      this.#tell(IMPOLITE, { kind: "offer", body: { pc: PC, sdp: offer } });
    } else if (envelope.kind === "answer" && from === IMPOLITE) {
      const end = this.#ends.get(IMPOLITE);
      if (end?.signalingState !== "have-local-offer") return;
      await end.setRemoteDescription({ type: "answer", sdp: envelope.body.sdp });
      await add(end, envelope.body.candidates);
    } else if (envelope.kind === "candidates") {
      const end = this.#ends.get(from);
      if (end?.remoteDescription) await add(end, envelope.body.candidates);
    }
  }

  /** Says it in the name of the other one. */
  #tell(to: string, message: Pick<Envelope, "kind" | "body">): void {
    const from = to === POLITE ? IMPOLITE : POLITE;
    const seq = Date.now() * 1_000 + this.#seq++;
    this.pair.deliver(from, { v: 1, seq, ...message } as Envelope);
  }

  /** Our end of the connection to this one. */
  #end(peer: string): RTCPeerConnection {
    const end = new RTCPeerConnection();
    const channel = end.createDataChannel("heliograph", { negotiated: true, id: 0 });
    end.createDataChannel("heliograph-files", { negotiated: true, id: 1 });
    channel.onmessage = ({ data }) => {
      const text = this.change(String(data), peer);
      const other = this.#channels.get(peer === POLITE ? IMPOLITE : POLITE);
      if (text !== null && other?.readyState === "open") other.send(text);
    };
    this.#ends.set(peer, end);
    this.#channels.set(peer, channel);
    return end;
  }
}

async function add(end: RTCPeerConnection, candidates: readonly Candidate[] = []): Promise<void> {
  for (const candidate of candidates) await end.addIceCandidate(candidate).catch(() => {});
}

/** With all candidates. */
async function described(end: RTCPeerConnection): Promise<string> {
  await end.setLocalDescription();
  while (end.iceGatheringState !== "complete") {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return end.localDescription?.sdp ?? "";
}
