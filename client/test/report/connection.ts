/** A connection whose states a test sets; it has what the recorder reads, and real events. */
import type { RecordedConnection } from "../../src/report/recorder.js";
import type { Stat } from "../../src/report/stats.js";

/** A DTLS transport whose state a test sets. */
class DtlsTransport extends EventTarget {
  state: RTCDtlsTransportState = "new";
}

export class TestConnection extends EventTarget {
  connectionState: RTCPeerConnectionState = "new";
  iceConnectionState: RTCIceConnectionState = "new";
  readonly dtls = new DtlsTransport();
  readonly sctp = { transport: this.dtls } as unknown as RTCSctpTransport;
  stats: Stat[] = [];
  statsRead = 0;
  /** What `getStats` waits for. */
  gate: Promise<void> = Promise.resolve();
  readonly #media: { kind: string; direction: string | null }[] = [];

  /** The same object, by the type that the browser's would have. */
  get asRecorded(): RecordedConnection {
    return this as unknown as RecordedConnection;
  }

  setIce(state: RTCIceConnectionState): void {
    this.iceConnectionState = state;
    this.dispatchEvent(new Event("iceconnectionstatechange"));
  }

  setDtls(state: RTCDtlsTransportState): void {
    this.dtls.state = state;
    this.dtls.dispatchEvent(new Event("statechange"));
  }

  addMedia(kind: "audio" | "video", direction: string | null): void {
    this.#media.push({ kind, direction });
  }

  getTransceivers(): RTCRtpTransceiver[] {
    return this.#media.map(({ kind, direction }) => ({
      currentDirection: direction,
      receiver: { track: { kind } },
    })) as unknown as RTCRtpTransceiver[];
  }

  async getStats(): Promise<Stat[]> {
    this.statsRead += 1;
    await this.gate;
    return this.stats;
  }
}

/** The statistics of a connection over these candidates with these bytes. */
export function statsWith(up: number, down: number, ours: Partial<Stat> = {}): Stat[] {
  return [
    {
      id: "T",
      type: "transport",
      selectedCandidatePairId: "P",
      bytesSent: up,
      bytesReceived: down,
    },
    { id: "P", type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R" },
    { id: "L", type: "local-candidate", candidateType: "host", protocol: "udp", ...ours },
    { id: "R", type: "remote-candidate", candidateType: "srflx", protocol: "udp" },
  ];
}
